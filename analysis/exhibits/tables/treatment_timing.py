"""When each province first issued, and how the date was made."""

import pandas as pd

from analysis.exhibits.display import Table

STATUS = {
    "treated": "Confirmed first issue",
    "uncertain": "Unconfirmed evidence only: not in the strict sample",
    "no known issue": "No issue found",
}


def layout(province_onset: pd.DataFrame) -> Table:
    """Return provinces by status, with strict and wide dates and the rule behind each."""
    rows, bold, wide = [], [], []
    for status, heading in STATUS.items():
        part = province_onset[province_onset["status"] == status].sort_values(["date_strict", "date_wide", "province"])
        bold.append(len(rows))
        rows.append({"Province": f"{heading} ({len(part)} provinces)"})
        if status == "no known issue":
            wide.append(len(rows))
            rows.append({"Province": ", ".join(part["province"])})
            continue
        for row in part.to_dict("records"):
            rows.append(
                {
                    "Province": row["province"],
                    "Strict date": "" if pd.isna(row["date_strict"]) else row["date_strict"],
                    "Cohort": "" if pd.isna(row["cohort_strict"]) else str(row["cohort_strict"]),
                    "Wide date": row["date_wide"],
                    "Rule of the wide date": row["rule_wide"],
                    "Evidence": row["evidence"],
                }
            )
    widths = {"Province": "1.3fr", "Rule of the wide date": "1fr"}
    return Table(pd.DataFrame(rows), data=province_onset, bold=tuple(bold), wide=tuple(wide), widths=widths)
