"""The headline outcomes of provinces under placebo dates, donuts, without neighbours, balanced; and a placebo outcome."""

import pandas as pd

from analysis.exhibits.display import Table
from analysis.exhibits.tables._variants import variants


def layout(
    province_att,
    province_donut,
    province_anticipation,
    province_without_neighbours,
    province_balanced,
    province_placebo_dates,
    province_placebo_outcome,
    specifications,
    outcomes,
):
    """Return each headline outcome's effect by check, and the placebo outcome."""
    headline = province_donut["outcome"].unique()
    estimates = {
        "province_att": province_att[province_att["outcome"].isin(headline)],
        "province_donut": province_donut,
        "province_anticipation": province_anticipation,
        "province_without_neighbours": province_without_neighbours,
        "province_balanced": province_balanced,
        "province_placebo_dates": province_placebo_dates,
    }
    titles = {name: specifications[name]["title"] for name in estimates}
    table = variants(estimates, titles, outcomes, "randomization_t")
    placebo = variants({"": province_placebo_outcome}, {"": specifications["province_att"]["title"]}, outcomes, "randomization_t")
    frame = pd.concat([table.frame, placebo.frame], ignore_index=True)
    bold = (*table.bold, *(len(table.frame) + row for row in placebo.bold))
    data = pd.concat(
        [table.data, placebo.data.assign(specification=specifications["province_placebo_outcome"]["title"])], ignore_index=True
    )
    return Table(frame, data=data, bold=bold, widths=table.widths)
