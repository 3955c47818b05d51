"""The firm panel: R&D Scoreboard firms with the year of their first royalty monetisation.

The several entries of one firm are merged. A firm with a dated event that lacks the year before it cannot be compared within a
risk set, and says why (`ineligible_reason`). It need not be listed in the year of the event: that it is may follow from the event.
"""

from __future__ import annotations

import pandas as pd

from analysis.panels._event_matches import match

KEPT = (
    "firm_id", "fiscal_year", "company", "country", "industry", "rank", "rd", "sales", "capex", "operating_profit", "employees",
    "market_cap", "rd_to_sales", "rd_to_market_cap", "link_suspect",
)  # fmt: skip


def build(scoreboard: pd.DataFrame, firm_events: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per firm and fiscal year. Settings: industry (of treated firms), large_diversified (company names)."""
    matches = match(scoreboard, firm_events)
    panel = _merge_entries(scoreboard[list(KEPT)], matches)
    firms = _first_events(matches, firm_events, settings)
    panel = panel.merge(firms, left_on="firm_id", right_index=True, how="left")
    for flag in ("listed", "large_diversified", "close_to_securitization"):
        panel[flag] = panel[flag].eq(True).fillna(False).astype(bool)
    panel["country_group"] = panel["country"].eq("US").map({True: "US", False: "other"})
    reasons = {firm: _reason(rows, settings["industry"]) for firm, rows in panel[panel["cohort"].notna()].groupby("firm_id")}
    panel["ineligible_reason"] = panel["firm_id"].map(reasons).astype("string").replace("", pd.NA)
    panel["eligible"] = panel["cohort"].notna() & panel["ineligible_reason"].isna()
    return panel.drop(columns="undated_before").astype({"cohort": "Int64"}).reset_index(drop=True)


def _merge_entries(table: pd.DataFrame, matches: pd.DataFrame) -> pd.DataFrame:
    """Return the table with one identifier for each event firm; of two entries in one year the larger R&D stays."""
    main = matches.dropna(subset=["firm_id"]).drop_duplicates("firm_id").set_index("firm_id")["main_id"]
    table = table.assign(firm_id=table["firm_id"].map(main).fillna(table["firm_id"]))
    return table.sort_values(["firm_id", "fiscal_year", "rd"], ascending=[True, True, False]).drop_duplicates(["firm_id", "fiscal_year"])


def _first_events(matches: pd.DataFrame, firm_events: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per event firm, indexed by firm_id: cohort, class of the first event and flags."""
    found = matches.dropna(subset=["main_id"]).drop_duplicates("event_id").set_index("event_id")["main_id"]
    events = firm_events.assign(firm_id=firm_events["event_id"].map(found)).dropna(subset=["firm_id"])
    dated = events[events["dated"]].sort_values(["event_year", "event_date", "event_id"]).drop_duplicates("firm_id").set_index("firm_id")
    sourced_undated = events[(events["confidence"] != "unsourced") & events["event_year"].isna()]
    firms = pd.DataFrame(index=pd.Index(events["firm_id"].unique(), name="firm_id"))
    firms["listed"] = True
    firms["cohort"] = dated["event_year"].reindex(firms.index)
    firms["instrument_class"] = dated["instrument_class"].reindex(firms.index)
    firms["close_to_securitization"] = firms["instrument_class"].eq("notes or loan").fillna(False)
    firms["large_diversified"] = firms.index.isin(events.loc[events["company"].isin(settings["large_diversified"]), "firm_id"])
    firms["undated_before"] = firms.index.isin(sourced_undated["firm_id"])
    return firms


def _reason(rows: pd.DataFrame, industry: str) -> str:
    """Return why a firm with a dated event cannot be compared, or an empty string."""
    cohort, years = int(rows["cohort"].iloc[0]), set(rows["fiscal_year"])
    if not (rows["industry"] == industry).all():
        return "not in the industry of the design"
    if rows["undated_before"].iloc[0]:
        return "an earlier event has no date"
    if cohort in (2023, 2024):
        return "fiscal year 2023 is absent from the Scoreboard"
    if cohort - 1 not in years:
        return "not listed in the year before the event"
    return ""
