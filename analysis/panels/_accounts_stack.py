"""One stack of firms with accounts: who is at risk beside the firms whose first event falls in a period.

At risk are firms with assets in the period before the event, nothing asked of them later. Controls have no row in the event
register and total assets within those of all treated firms in the period before; risk sets are terciles of assets in that period.
"""

from __future__ import annotations

import pandas as pd

SIZES = ("small", "middle", "large")


def assets_of_treated(panel: pd.DataFrame, time: str) -> tuple[float, float]:
    """Return the smallest and largest total assets of eligible firms in the period before their event."""
    before = panel.loc[panel["eligible"] & (panel[time] == panel["cohort"] - 1), "assets"]
    return float(before.min()), float(before.max())


def stack_of(panel: pd.DataFrame, time: str, cohort: int, window: list[int], support: tuple[float, float]) -> pd.DataFrame:
    """Return the rows of the stack of a cohort, with stack, event_time, treated, control_kind, cell, stack_cell, stack_firm, cell_year."""
    before = panel[panel[time] == cohort - 1].set_index("ticker")["assets"].dropna()
    kind = pd.Series(pd.NA, index=panel.index, dtype="string")
    never = ~panel["listed"] & ~panel["royalty_business"]
    kind[never & panel["ticker"].map(before).between(*support)] = "never_listed"
    later = (panel["eligible"] & (panel["cohort"] > cohort)).fillna(False)
    kind[later] = "not_yet_treated"
    kind[(panel["eligible"] & (panel["cohort"] == cohort)).fillna(False)] = "treated"
    event_time = panel[time] - cohort
    keep = kind.notna() & panel["ticker"].isin(before.index) & event_time.between(*window)
    keep &= ~(later & (panel[time] >= panel["cohort"])).fillna(False)
    stack = panel[keep].assign(stack=cohort, event_time=event_time[keep], control_kind=kind[keep])
    at_risk = before[before.index.isin(stack["ticker"])]
    # In whole numbers: a firm on the edge of a quantile would go where rounding sends it.
    size = (3 * (at_risk.rank(method="first").astype(int) - 1) // len(at_risk)).map(dict(enumerate(SIZES)))
    cell = f"{cohort} " + stack["ticker"].map(size)
    treated = stack["control_kind"] == "treated"
    return stack.assign(
        treated=treated,
        treated_after=(treated & (stack["event_time"] >= 0)).astype("int64"),
        stack_cell=str(cohort),
        cell=cell,
        stack_firm=f"{cohort} " + stack["ticker"],
        cell_year=cell + " " + stack[time].astype("string"),
    )
