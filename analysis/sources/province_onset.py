"""Treatment timing: when each province first issued, and by which rule its date was made.

Strict: the earliest confirmed first issue of any of its cities. Wide: the earliest of any sourced evidence, that is
also upper bounds (an issue that may not be the first), shelf approvals and programme launches. A province with
unconfirmed evidence only is `uncertain` and leaves the strict sample; one without any is `no known issue`, which is
not the same as never treated: published counts name more provinces than the registers do.
"""

from __future__ import annotations

import pandas as pd

CONFIRMED = "confirmed first issue"
MIDYEAR = "06-30"


def clean(first_issues_by_city: pd.DataFrame, province_list: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each of the 31 provinces."""
    events = first_issues_by_city.assign(year=pd.to_numeric(first_issues_by_city["date"].str[:4]).astype("Int64"))
    return pd.DataFrame([_timing(province, events[events["province"] == province]) for province in province_list["province"]]).astype(
        {"cohort_strict": "Int64", "cohort_wide": "Int64", "cohort_midyear": "Int64"}
    )


def _timing(province: str, events: pd.DataFrame) -> dict:
    strict, wide = _earliest(events[events["rule"] == CONFIRMED]), _earliest(events)
    evidence = list(dict.fromkeys(row[key] for row in (strict, wide) if row is not None for key in ["evidence"]))
    addresses = list(dict.fromkeys(row["source_url"] for row in (strict, wide) if row is not None))
    return {
        "province": province,
        "cohort_strict": pd.NA if strict is None else strict["year"],
        "cohort_wide": pd.NA if wide is None else wide["year"],
        "cohort_midyear": pd.NA if strict is None else strict["year"] + _second_half(strict["date"]),
        "status": "no known issue" if wide is None else "uncertain" if strict is None else "treated",
        "rule_strict": "none" if strict is None else strict["rule"],
        "rule_wide": "none" if wide is None else wide["rule"],
        "date_strict": pd.NA if strict is None else strict["date"],
        "date_wide": pd.NA if wide is None else wide["date"],
        "evidence": "; ".join(evidence) or pd.NA,
        "source_url": " ; ".join(addresses) or pd.NA,
    }


def _earliest(events: pd.DataFrame) -> pd.Series | None:
    return None if events.empty else events.sort_values(["date", "rule"], kind="stable").iloc[0]


def _second_half(date: str) -> bool:
    """Return whether a date falls after 30 June; a date known to the year only does not move."""
    return len(date) > 4 and date[5:] > MIDYEAR[: len(date) - 5]
