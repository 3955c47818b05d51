"""When each province first issued: every dated piece of evidence, and the cohort that each rule makes of it."""

from __future__ import annotations

import pandas as pd

from analysis.exhibits.display import Table

STATUS = {
    "treated": "Confirmed first issue",
    "uncertain": "Unconfirmed evidence only: controls until then",
    "no known issue": "No issue found",
}
# Rule of dating → heading of its cohort.
COHORTS = {"cohort_midyear": "Half year", "cohort_strict": "Calendar", "cohort_approval": "Approval", "cohort_wide": "Any"}


def layout(province_onset: pd.DataFrame, first_issues: pd.DataFrame) -> Table:
    """Return provinces by status with their cohorts; below each its cities' evidence, the date of the strict rule marked."""
    rows, bold, wide = [], [], []
    for status, heading in STATUS.items():
        part = province_onset[province_onset["status"] == status].sort_values(["date_strict", "date_wide", "province"])
        bold.append(len(rows))
        rows.append({"Province": f"{heading} ({len(part)} provinces)"})
        if status == "no known issue":
            wide.append(len(rows))
            rows.append({"Province": ", ".join(part["province"])})
            continue
        for province in part.to_dict("records"):
            rows += _of_province(province, first_issues)
    frame = pd.DataFrame(rows).fillna("")
    widths = {"Province": "0.8fr", "City": "0.8fr", "Basis": "1.7fr"}
    return Table(frame, data=province_onset, bold=tuple(bold), wide=tuple(wide), widths=widths)


def _of_province(province: dict, events: pd.DataFrame) -> list[dict]:
    """Return a line per dated piece of evidence of a province, the first with its cohorts."""
    own = events[events["province"] == province["province"]].sort_values(["date", "basis"])
    lines = [
        {
            "City": event["city"],
            "Date": event["date"] + (" *" if event["date"] == province["date_strict"] and event["rule"] == "confirmed first issue" else ""),
            "Basis": event["basis"] + (" (may not be the first)" if event["rule"] == "upper bound" else ""),
            "Grade": event["grade"],
            "Evidence": event["evidence"],
        }
        for event in own.to_dict("records")
    ]
    cohorts = {heading: "" if pd.isna(province[column]) else str(province[column]) for column, heading in COHORTS.items()}
    lines[0] = {"Province": province["province"], **cohorts, **lines[0]}
    return lines
