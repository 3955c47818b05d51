"""Stacked risk sets for royalty monetisation in biopharma.

A stack holds the firms whose first event falls in one year and the firms at risk with them. All of them, treated and
controls alike, are listed in the year before the event, and nothing is asked of them later: whether a firm stays among the largest
R&D investors in the year of the event may follow from it. `listed_at_event` says which do, for those who take it for a condition. Controls never
appear in the event list under any name, or (as their own kind) have their event later, and leave before it.
"""

from __future__ import annotations

import pandas as pd

COLUMNS = (
    "stack", "firm_id", "fiscal_year", "event_time", "cell", "size_cell", "treated", "control_kind", "company", "country_group", "instrument_class",
    "stack_firm", "cell_year", "treated_after", "listed_at_event", "listed_throughout", "large_diversified", "close_to_securitization", "rd", "sales", "market_cap", "rd_to_sales", "rd_to_market_cap",
)  # fmt: skip

NEAR = (-2, 2)  # event times of a firm that is listed throughout


def build(firm_year: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per stack, firm and fiscal year. Settings: industry, window (first and last event time)."""
    industry = firm_year[firm_year["industry"] == settings["industry"]]
    years = sorted(industry.loc[industry["eligible"], "cohort"].dropna().unique())
    stacks = [_stack(industry, int(year), settings["window"]) for year in years]
    return pd.concat(stacks, ignore_index=True)[list(COLUMNS)].astype({"stack": "Int64", "event_time": "Int64"})


def _stack(firms: pd.DataFrame, year: int, window: list[int]) -> pd.DataFrame:
    at_risk, at_event = (set(firms.loc[firms["fiscal_year"] == when, "firm_id"]) for when in (year - 1, year))
    kind = pd.Series(pd.NA, index=firms.index, dtype="string")
    kind[~firms["listed"]] = "never_listed"
    later = firms["eligible"] & (firms["cohort"] > year)
    kind[later.fillna(False)] = "not_yet_treated"
    kind[(firms["eligible"] & (firms["cohort"] == year)).fillna(False)] = "treated"
    event_time = firms["fiscal_year"] - year
    keep = kind.notna() & firms["firm_id"].isin(at_risk) & event_time.between(*window)
    keep &= ~((kind == "not_yet_treated") & (firms["fiscal_year"] >= firms["cohort"])).fillna(False)
    stack = firms[keep].assign(stack=year, event_time=event_time[keep], control_kind=kind[keep])
    cell = f"{year} " + _before(stack, "country_group")
    treated = stack["control_kind"] == "treated"
    near = stack[stack["event_time"].between(*NEAR)]
    years = near.groupby("firm_id")["fiscal_year"].nunique()
    complete = set(years.index[years == near["fiscal_year"].nunique()])
    return stack.assign(
        treated=treated,
        treated_after=(treated & (stack["event_time"] >= 0)).astype("int64"),
        cell=cell,
        size_cell=cell + " " + _size_group(stack),
        listed_at_event=stack["firm_id"].isin(at_event),
        listed_throughout=stack["firm_id"].isin(complete),
        stack_firm=f"{year} " + stack["firm_id"].astype("string"),
        cell_year=cell + " " + stack["fiscal_year"].astype("string"),
    )


def _before(stack: pd.DataFrame, trait: str) -> pd.Series:
    """Return a trait of each firm in the year before the event: a firm that moves later stays in its risk set."""
    return stack["firm_id"].map(stack[stack["event_time"] == -1].set_index("firm_id")[trait])


def _size_group(stack: pd.DataFrame) -> pd.Series:
    """Return the tercile of R&D in the year before the event among the firms at risk: set before anything can happen."""
    before = stack[stack["event_time"] == -1].set_index("firm_id")["rd"]
    tercile = pd.qcut(before.rank(method="first"), 3, labels=["small", "middle", "large"]).astype(str)
    return stack["firm_id"].map(tercile)
