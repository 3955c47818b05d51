"""Group-time effects of provinces, cohort by cohort."""

import pandas as pd

from analysis.exhibits.cells import in_order, labelled, number, select_rows
from analysis.exhibits.display import Table


def layout(province_group_time: pd.DataFrame, outcomes: dict) -> Table:
    """Return point estimates by outcome and cohort (rows) and years since the first issue (columns)."""
    effects = select_rows(province_group_time, term="att_gt", inference="analytic")
    effects = effects[effects["event_time"] >= 0]
    times = sorted(effects["event_time"].unique())
    rows, bold = [], []
    for name in in_order(effects, outcomes):
        bold.append(len(rows))
        rows.append({"Cohort": labelled(outcomes, name)})
        for cohort, own in effects[effects["outcome"] == name].groupby("cohort"):
            values = own.set_index("event_time")["estimate"]
            rows.append({"Cohort": str(cohort)} | {f"Year {time}": number(values.get(time, float("nan"))) for time in times})
    return Table(pd.DataFrame(rows), data=province_group_time, bold=tuple(bold), widths={"Cohort": "1fr"})
