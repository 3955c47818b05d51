"""From firms with accounts to those compared, and what they looked like in the year before the event."""

import pandas as pd

from analysis.exhibits.cells import count, number
from analysis.exhibits.display import Table

SIDES = ("Register", "Controls")
MEDIANS = {
    "assets": ("Total assets (million)", 0),
    "rd": ("R&D (million)", 0),
    "rd_share": ("R&D to operating expenses (%)", 0),
    "cash_share": ("Cash to assets (%)", 0),
    "liabilities_share": ("Liabilities to assets (%)", 0),
    "cash_flow_share": ("Operating cash flow to assets of the year before (%)", 0),
    "years_seen": ("Years with accounts", 0),
}


def layout(
    accounts_year: pd.DataFrame, accounts_stacks: pd.DataFrame, accounts_yearly: pd.DataFrame, accounts_quarterly: pd.DataFrame
) -> Table:
    """Return the flow of firms of the register and of others, medians by group, and by reason the periods whose assets are left out.

    In the medians controls count in every stack that they serve.
    """
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
    bold = [0, len(rows)]
    before = accounts_stacks[accounts_stacks["event_time"] == -1]
    rows.append({"": "Median in the year before the event"})
    for column, (label, digits) in MEDIANS.items():
        values = {kind: before.loc[before["control_kind"] == kind, column] for kind in ("treated", "never_listed")}
        cells = [f"{number(values[kind].median(), digits)} ({count(values[kind].notna().sum())})" for kind in values]
        rows.append({"": label} | dict(zip(SIDES, cells, strict=True)))
    bold.append(len(rows))
    rows += _left_out(accounts_yearly, accounts_quarterly, set(listed["ticker"]))
    return Table(pd.DataFrame(rows).fillna(""), bold=tuple(bold), widths={"": "1fr"})


def _left_out(years: pd.DataFrame, quarters: pd.DataFrame, register: set[str]) -> list[dict]:
    """Return a heading and one row per reason: fiscal years and quarters whose total assets are left out."""
    periods = pd.concat([years.assign(kind="years"), quarters.assign(kind="quarters")]).dropna(subset=["assets_left_out"])
    periods["side"] = periods["ticker"].isin(register).map({True: "Register", False: "Controls"})
    found = periods.groupby(["assets_left_out", "side", "kind"]).size()
    rows: list[dict] = [{"": "Total assets left out: fiscal years, quarters"}]
    for reason in periods["assets_left_out"].value_counts().index:
        cells = {side: ", ".join(count(found.get((reason, side, kind), 0)) for kind in ("years", "quarters")) for side in SIDES}
        rows.append({"": reason.capitalize()} | cells)
    return rows


def _counts(step: str, register: int | None, controls: int | None) -> dict:
    return {"": step, "Register": _signed(register), "Controls": _signed(controls)}


def _signed(value: int | None) -> str:
    return "" if value is None else f"\N{MINUS SIGN}{count(-value)}" if value < 0 else count(value)
