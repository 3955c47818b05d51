"""Orphan drugs from designation to first approval, and when their sponsor first sold or pledged royalties.

A designation is followed to the last list of approvals whether or not it was withdrawn: a withdrawn one is known not to have
been approved, so that the share approved by any age needs no date of withdrawal. Exposure begins at the event and not before.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.panels._months import DAYS, months_between
from analysis.panels._sponsor_cells import cells

CLOSED, LAST_LIST = "2022-01-13", "2026-03-17"  # export of designations and withdrawals; last list of approvals
START = "1980-01-01"  # from which days are counted, in months
NEAR = 12.0
HORIZONS = (60, 96, 120)
EARLY = "designated before"  # the one reason that a variant of the sample does not know
AFTER, BEFORE, NONE = "after the event", "before the event", "no known event"


def build(orphan_designations: pd.DataFrame, sponsor_events: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per designation; durations in months. See config/tables/orphan_projects.yaml."""
    projects = orphan_designations.merge(first_events(sponsor_events), on="sponsor", how="left")
    projects["reason"] = _reason(projects, sponsor_events, settings["designated_from"])
    projects = projects.merge(cells(orphan_designations, sponsor_events), on="sponsor", how="left")
    projects = projects.assign(
        cell=projects["cell"].fillna("sponsor unknown"),
        entered=projects["entered"].fillna("sponsor unknown"),
        event_in_cell=projects["event_in_cell"].astype("boolean").fillna(False).astype(bool),
    )
    return timed(projects)[COLUMNS]


def first_events(sponsor_events: pd.DataFrame) -> pd.DataFrame:
    """Return sponsor and event_day of first dated events."""
    return sponsor_events.loc[sponsor_events["first"], ["sponsor", "event_day"]]


def timed(projects: pd.DataFrame) -> pd.DataFrame:
    """Return the projects (day of designation, first approval, bracket of withdrawal, event) with every duration and exposure.

    Its days may be those of designations or of drugs; `reason` says what is not in the sample.
    """
    spells = projects.assign(in_sample=projects["reason"].isna(), event_firm=projects["event_day"].notna().astype("int64"))
    spells = _calendar(spells)
    spells["in_sample_of_all_years"] = spells["in_sample"] | spells["reason"].str.startswith(EARLY).fillna(False)
    # In both directions months are signed, so that an approval before its designation shows as such.
    to_approval = months_between(spells["designated"], spells["first_approved"])
    seen = months_between(spells["designated"], pd.Series(LAST_LIST, spells.index))
    spells["approved"] = to_approval.notna().astype("int64")
    spells["months"] = to_approval.fillna(seen)
    return _restricted(_around_event(_withdrawn(spells, to_approval)), seen)


def _calendar(spells: pd.DataFrame) -> pd.DataFrame:
    day = pd.to_datetime(spells["designated"], format="%Y-%m-%d")
    years = (day - day[spells["in_sample"]].mean().normalize()).dt.days / (12 * DAYS)
    start = pd.Series(START, spells.index)
    return spells.assign(
        designated_year=day.dt.year.astype("Int64"),
        trend=years,
        trend_squared=years**2,
        designated_month=months_between(start, spells["designated"]),
        event_month=months_between(start, spells["event_day"]),
    )


def _withdrawn(spells: pd.DataFrame, to_approval: pd.Series) -> pd.DataFrame:
    """Add what is known of withdrawals, which is nothing after January 2022."""
    for name, column in (("withdrawn_from", "withdrawn_after"), ("withdrawn_to", "withdrawn_by")):
        # What was approved first and withdrawn later has ended in an approval.
        spells[name] = months_between(spells["designated"], spells[column]).where(to_approval.isna())
    closed = months_between(spells["designated"], pd.Series(CLOSED, spells.index))
    approved = to_approval <= closed
    until = closed.where(~approved, to_approval)
    withdrawn = spells["withdrawn_to"].notna()
    spells["standing"] = spells["withdrawn_from"].fillna(until).clip(lower=0)
    # What ends on the day on which it begins was never at risk.
    first = spells["withdrawn_from"].clip(lower=1 / DAYS).fillna(until)  # at the earliest the day after it was made
    spells["followed_first"] = first.where(first > 0)
    spells["followed_last"] = spells["withdrawn_to"].fillna(until).where(lambda last: last > 0)
    spells["followed_kind"] = np.select([approved, withdrawn], [1, 2], 0).astype("int64")
    return spells


def _around_event(spells: pd.DataFrame) -> pd.DataFrame:
    event = months_between(spells["designated"], spells["event_day"])
    known = event.notna()
    spells["months_to_event"] = event
    spells["designated_after"] = (event <= 0).astype("int64")
    spells["under_way"] = event > 0
    spells["group"] = np.select([event <= 0, known], [AFTER, BEFORE], NONE)
    spells["ever_exposed"] = (known & (event < spells["months"])).astype("int64")
    spells["near_event"] = (spells["approved"] == 1) & ((spells["months"] - event).abs() <= NEAR)
    cut = spells["under_way"] & (event < spells["months"])
    spells["months_cut"] = spells["months"].where(~cut, event).where(lambda months: months > 0)
    spells["approved_cut"] = spells["approved"].where(~cut, 0)
    # A bracket that runs over the event stays one: cutting it off because of what happened would inform censoring.
    stood = spells["under_way"] & (event <= spells["standing"])
    spells["standing"] = spells["standing"].where(~stood, event)
    spells["withdrawn_by_cut"] = spells["withdrawn_to"].where(~stood)
    return spells


def _restricted(spells: pd.DataFrame, seen: pd.Series) -> pd.DataFrame:
    """Add months without approval, and approval, within each horizon: no censoring is left where the horizon is seen whole.

    What the horizon of a project under way would mix, months before the event and after it, is left out by dates alone.
    """
    for horizon in HORIZONS:
        whole = (seen >= horizon) & ~spells["months_to_event"].between(0, horizon, inclusive="neither") & (spells["months"] > 0)
        by = (spells["approved"] == 1) & (spells["months"] <= horizon)
        spells[f"restricted_{horizon}"] = spells["months"].clip(lower=0, upper=horizon).where(whole)
        spells[f"approved_{horizon}"] = (100.0 * by).where(whole)
    return spells


def _reason(projects: pd.DataFrame, sponsor_events: pd.DataFrame, first_day: str) -> pd.Series:
    """Return why a project is not in the sample, by the first rule that it breaks; missing where it is."""
    # An event of unknown date leaves the sponsor neither treated nor a control.
    undated = set(sponsor_events["sponsor"]) - set(sponsor_events.loc[sponsor_events["dated"], "sponsor"])
    rules = {
        "approved on the day of designation or before": (projects["first_approved"] <= projects["designated"]).fillna(False),
        "designated on the day of the export": projects["designated"] >= CLOSED,
        "sponsor unknown": projects["sponsor"].isna(),
        "sponsor with an event but no sourced date": projects["sponsor"].isin(undated),
        f"{EARLY} {first_day[:4]}": projects["designated"] < first_day,
    }
    found = np.select([rule.to_numpy(bool) for rule in rules.values()], list(rules), "")
    return pd.Series(found, projects.index, dtype="string").replace("", pd.NA)


COLUMNS = [
    "designation_id", "drug", "sponsor", "designated", "designated_year", "trend", "trend_squared", "in_sample", "in_sample_of_all_years", "reason", "months", "approved",
    "withdrawn_from", "withdrawn_to", "standing", "withdrawn_by_cut", "followed_first", "followed_last", "followed_kind", "event_firm", "event_day",
    "months_to_event", "designated_month", "event_month", "designated_after", "under_way", "ever_exposed", "near_event", "group",
    "months_cut", "approved_cut", "restricted_60", "restricted_96", "restricted_120", "approved_60", "approved_96",
    "approved_120", "cell", "entered", "event_in_cell",
]  # fmt: skip
