"""Treatment timing: when each province first issued, by several rules of dating (_onset), from the evidence on all of its cities.

A first issue late in a year cannot move that year's outcome, so that the main cohort (`cohort_midyear`) is the first year with at
least six months after the strict date; `cohort_strict` is its calendar year.
"""

from __future__ import annotations

import pandas as pd

from analysis.sources._onset import COHORTS, dated, timing


def clean(first_issues_by_city: pd.DataFrame, province_list: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each of the 31 provinces; raise ValueError where a date that is confirmed marks no issue."""
    events = dated(first_issues_by_city)
    provinces = province_list["province"]
    found = pd.DataFrame([{"province": name} | timing(events[events["province"] == name]) for name in provinces])
    return found.astype(dict.fromkeys(COHORTS, "Int64"))
