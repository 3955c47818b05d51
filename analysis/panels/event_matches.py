"""Every event firm with its match in the R&D Scoreboard, and why it is or is not in the sample."""

from __future__ import annotations

import pandas as pd

from analysis.panels._event_matches import match


def build(scoreboard: pd.DataFrame, firm_events: pd.DataFrame, firm_year: pd.DataFrame) -> pd.DataFrame:
    """Return one row per event: names found, how, years around the event, in the sample or the reason it is not."""
    matches = match(scoreboard, firm_events)
    by_event = matches.groupby("event_id").agg(
        firm_id=("main_id", "first"),
        matched_names=("name", lambda names: "; ".join(dict.fromkeys(names[matches.loc[names.index, "firm_id"].notna()]))),
        how=("how", "first"),
    )
    table = firm_events.merge(by_event, left_on="event_id", right_index=True, how="left")
    firms = firm_year.drop_duplicates("firm_id").set_index("firm_id")[["cohort", "eligible", "ineligible_reason"]]
    table = table.merge(firms, left_on="firm_id", right_index=True, how="left")
    seen = firm_year.groupby("firm_id")["fiscal_year"].agg(list).to_dict()
    table["years_before"] = [
        sum(y < g for y in seen.get(f, [])) for f, g in zip(table["firm_id"], table["event_year"].fillna(0), strict=True)
    ]
    table["years_after"] = [
        sum(y > g for y in seen.get(f, [])) for f, g in zip(table["firm_id"], table["event_year"].fillna(9999), strict=True)
    ]
    in_order = table[table["dated"] & table["firm_id"].notna()].sort_values(["event_year", "event_date", "event_id"])
    first = table["event_id"].isin(in_order.drop_duplicates("firm_id")["event_id"])
    table["first_event"] = first
    table["in_sample"] = first & table["eligible"].fillna(False).astype(bool)
    table["reason"] = [_reason(row) for row in table.to_dict("records")]
    table["matched_names"] = table["matched_names"].replace("", pd.NA)
    kept = [
        "event_id",
        "company",
        "country",
        "firm_id",
        "matched_names",
        "how",
        "event_year",
        "instrument",
        "instrument_class",
        "counterparty",
        "amount_million",
        "currency",
        "confidence",
        "first_event",
        "years_before",
        "years_after",
        "in_sample",
        "reason",
        "source_url",
    ]
    return table[kept].astype({"years_before": "Int64", "years_after": "Int64", "event_year": "Int64"})


def _reason(row: dict) -> object:
    """Return why an event is not in the sample, or nothing when it is."""
    if row["in_sample"]:
        return pd.NA
    if row["confidence"] == "unsourced":
        return "no source: only kept out of the controls"
    if row["confidence"] == "low":
        return "source too thin: only kept out of the controls"
    if pd.isna(row["event_year"]):
        return "no date"
    if not row["first_event"]:
        return "a later event of the firm"
    return row["ineligible_reason"]
