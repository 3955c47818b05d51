"""When a place first issued, by several rules of dating, from every dated piece of evidence on it.

A strict date is the earliest confirmed first issue, on the day of its issue, establishment or listing. An approval (a no-objection
letter, a shelf) only permits an issue: no strict date is one. Wide is the earliest sourced evidence of any kind: also approvals,
programme launches, and upper bounds (an issue that may not be the first). A place with unconfirmed evidence only is
`uncertain`; one without any is `no known issue`, which is not the same as never treated: published counts name more places.
"""

from __future__ import annotations

import pandas as pd

CONFIRMED, APPROVAL = "confirmed first issue", "approval"
# Events that raise money, as against those that permit or announce it.
ISSUED = ("issue", "establishment", "listing", "launch ceremony", "press")
MIDYEAR = "06-30"
COHORTS = ("cohort_midyear", "cohort_strict", "cohort_late", "cohort_approval", "cohort_wide")


def dated(first_issues_by_city: pd.DataFrame) -> pd.DataFrame:
    """Return the events with their year; raise ValueError where a date that is confirmed marks no issue."""
    events = first_issues_by_city.assign(year=pd.to_numeric(first_issues_by_city["date"].str[:4]).astype("Int64"))
    wrong = events[(events["rule"] == CONFIRMED) & ~events["basis"].isin(ISSUED)]
    if len(wrong):
        row = wrong.iloc[0]
        raise ValueError(
            f"first_issues_by_city: {row['city']}, {row['date']}: basis '{row['basis']}' is no issue, so that rule cannot be '{CONFIRMED}'; "
            f"write '{APPROVAL}' or give the day of the issue"
        )
    return events


def timing(events: pd.DataFrame) -> dict:
    """Return the dates of one place and what they rest on: cohorts by rule, status, bases, dates, evidence and addresses."""
    strict, wide = _earliest(events[events["rule"] == CONFIRMED]), _earliest(events)
    approval = _earliest(events[events["rule"] == APPROVAL])
    used = [row for row in (strict, approval, wide) if row is not None]
    return {
        "cohort_midyear": pd.NA if strict is None else strict["year"] + _second_half(strict["date"]),
        "cohort_strict": pd.NA if strict is None else strict["year"],
        "cohort_late": pd.NA if strict is None else strict["year"] + (_second_half(strict["date"]) or len(strict["date"]) == 4),
        "cohort_approval": pd.NA if strict is None else min(row["year"] for row in (strict, approval) if row is not None),
        "cohort_wide": pd.NA if wide is None else wide["year"],
        "status": "no known issue" if wide is None else "uncertain" if strict is None else "treated",
        "basis_strict": "none" if strict is None else strict["basis"],
        "rule_wide": "none" if wide is None else wide["rule"],
        "date_strict": pd.NA if strict is None else strict["date"],
        "date_approval": pd.NA if approval is None else approval["date"],
        "date_wide": pd.NA if wide is None else wide["date"],
        "evidence": "; ".join(dict.fromkeys(row["evidence"] for row in used)) or pd.NA,
        "source_url": " ; ".join(dict.fromkeys(row["source_url"] for row in used)) or pd.NA,
    }


def _earliest(events: pd.DataFrame) -> pd.Series | None:
    return None if events.empty else events.sort_values(["date", "rule"], kind="stable").iloc[0]


def _second_half(date: str) -> bool:
    """Return whether a date falls after 30 June; a date known to the year only does not move."""
    return len(date) > 4 and date[5:] > MIDYEAR[: len(date) - 5]
