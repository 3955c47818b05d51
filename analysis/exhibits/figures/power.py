"""What the designs can detect: minimum detectable effects beside the smallest effects of interest."""

import pandas as pd
import seaborn as sns
from matplotlib.pyplot import subplots

from analysis.exhibits.cells import in_order, pick
from analysis.exhibits.display import COLOURS, WIDTH


def draw(province_att, royalty_stacked, outcomes):
    """Return the MDE at power 0.80 in within-unit s.d. for every outcome of both designs."""
    parts = []
    for design, table in (("Provinces", province_att), ("Firms", royalty_stacked)):
        rows = pick(table, term="att", inference="randomization_t").dropna(subset=["mde80"])
        rows = rows.set_index("outcome").loc[list(in_order(rows, outcomes))].reset_index()
        parts.append(
            pd.DataFrame(
                {
                    "Design": design,
                    "Outcome": [outcomes[n]["label"] for n in rows["outcome"]],
                    "mde": rows["mde80"] / rows["within_sd"],
                    "att": rows["estimate"].abs() / rows["within_sd"],
                }
            )
        )
    data = pd.concat(parts, ignore_index=True)
    data["Line"] = [f"{outcome}  " for outcome in data["Outcome"]]
    figure, axis = subplots(figsize=(WIDTH, 0.27 * len(data) + 0.9))
    positions = range(len(data) - 1, -1, -1)
    for colour, marker, (design, part) in zip(COLOURS, ("o", "s"), data.groupby("Design", sort=False), strict=False):
        where = [list(positions)[i] for i in part.index]
        axis.plot(part["mde"], where, marker, color=colour, label=f"{design}: smallest detectable effect")
        axis.plot(part["att"], where, marker, markerfacecolor="white", color=colour, label=f"{design}: estimate, absolute")
    axis.axvline(0.1, color="black", linewidth=0.8, linestyle="--")
    axis.text(0.115, len(data) - 0.6, "smallest effect of interest", fontsize=7, va="center")
    axis.set_yticks(list(positions), data["Line"])
    axis.set_xlim(left=0)
    axis.set_xlabel("Within-unit standard deviations of the outcome")
    axis.legend(loc="lower right", fontsize=7)
    sns.despine(ax=axis, left=True)
    return figure
