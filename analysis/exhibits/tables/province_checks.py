"""The headline outcomes of provinces under placebo dates, donuts, without neighbours, balanced; a placebo outcome; other forms."""

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
    province_forms,
    specifications,
    outcomes,
):
    """Return each headline outcome's effect by check, then the placebo outcome and the other forms of R&D to GDP."""
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
    main = {"": specifications["province_att"]["title"]}
    for name, others in (("province_placebo_outcome", province_placebo_outcome), ("province_forms", province_forms)):
        table = _below(table, variants({"": others}, main, outcomes, "randomization_t"), specifications[name]["title"])
    return table


def _below(table: Table, more: Table, title: str) -> Table:
    """Return `table` with the rows of `more`, whose data `title` names."""
    frame = pd.concat([table.frame, more.frame], ignore_index=True)
    data = pd.concat([table.data, more.data.assign(specification=title)], ignore_index=True)  # type: ignore[union-attr]
    return Table(frame, data=data, bold=(*table.bold, *(len(table.frame) + row for row in more.bold)), widths=table.widths)
