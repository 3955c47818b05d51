"""From firms with accounts to those compared, and what they looked like in the year before the event."""

import pandas as pd

from analysis.exhibits.cells import count, number
from analysis.exhibits.display import Table

MEDIANS = {
    "assets": ("Total assets (million)", 0),
    "rd": ("R&D (million)", 0),
    "rd_share": ("R&D to operating expenses (%)", 0),
    "cash_share": ("Cash to assets (%)", 0),
    "liabilities_share": ("Liabilities to assets (%)", 0),
    "cash_flow_share": ("Operating cash flow to assets of the year before (%)", 0),
    "years_seen": ("Years with accounts", 0),
}


def layout(accounts_year: pd.DataFrame, accounts_stacks: pd.DataFrame) -> Table:
    """Return the flow of firms of the register and of others, then medians by group; controls count in every stack that they serve."""
    firms = accounts_year.drop_duplicates("ticker")
    listed, others = firms[firms["listed"]], firms[~firms["listed"]]
    treated, controls = (
        set(accounts_stacks.loc[accounts_stacks["control_kind"] == kind, "ticker"]) for kind in ("treated", "never_listed")
    )
    royalties = int(others["royalty_business"].sum())
    rows = [{"": "Firms"}, _counts("with accounts", len(listed), len(others))]
    rows += [_counts(f"less: {reason}", -number_lost, None) for reason, number_lost in listed["ineligible_reason"].value_counts().items()]
    rows += [
        _counts("less: buy royalties", None, -royalties),
        _counts("less: never at risk with assets of a treated firm's size", None, len(controls) - len(others) + royalties),
        _counts("compared", len(treated), len(controls)),
    ]
    bold = (0, len(rows))
    before = accounts_stacks[accounts_stacks["event_time"] == -1]
    rows.append({"": "Median in the year before the event"})
    for column, (label, digits) in MEDIANS.items():
        values = {kind: before.loc[before["control_kind"] == kind, column] for kind in ("treated", "never_listed")}
        cells = [f"{number(values[kind].median(), digits)} ({count(values[kind].notna().sum())})" for kind in values]
        rows.append({"": label} | dict(zip(("Register", "Controls"), cells, strict=True)))
    return Table(pd.DataFrame(rows).fillna(""), bold=bold, widths={"": "1fr"})


def _counts(step: str, register: int | None, controls: int | None) -> dict:
    return {"": step, "Register": _signed(register), "Controls": _signed(controls)}


def _signed(value: int | None) -> str:
    return "" if value is None else f"\N{MINUS SIGN}{count(-value)}" if value < 0 else count(value)
