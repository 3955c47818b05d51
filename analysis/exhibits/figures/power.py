"""What the designs can detect: minimum detectable effects beside the smallest effects of interest."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.cells import in_order, select_rows
from analysis.exhibits.display import COLOURS, WIDTH

DETECTED, ESTIMATED = "smallest detectable effect", "estimate, absolute"


def draw(province_att: pd.DataFrame, royalty_stacked: pd.DataFrame, outcomes: dict) -> Figure:
    """Return the MDE at power 0.80 in within-unit s.d. for every outcome of both designs."""
    parts = []
    for design, table in (("Provinces", province_att), ("Firms", royalty_stacked)):
        rows = select_rows(table, term="att", inference="randomization_t").dropna(subset=["mde80"])
        rows = rows.set_index("outcome").loc[list(in_order(rows, outcomes))].reset_index()
        names = [f"{outcomes[n]['label']} ({design.lower()})" for n in rows["outcome"]]
        for measure, values in ((f"{design}: {DETECTED}", rows["mde80"]), (f"{design}: {ESTIMATED}", rows["estimate"].abs())):
            parts.append(pd.DataFrame({"Outcome": names, "Measure": measure, "value": values / rows["within_sd"]}))
    data = pd.concat(parts, ignore_index=True)
    order = list(dict.fromkeys(data["Outcome"]))
    figure, axis = subplots(figsize=(WIDTH, 0.27 * len(order) + 0.9))
    for measure, marker in ((DETECTED, "o"), (ESTIMATED, "D")):
        own = data[data["Measure"].str.endswith(measure)]
        sns.stripplot(
            own, x="value", y="Outcome", order=order, hue="Measure", palette=[COLOURS[0], COLOURS[1]], jitter=False, size=6, marker=marker,
            ax=axis,
        )  # fmt: skip
    axis.axvline(0.1, color="black", linewidth=0.8, linestyle="--", label="smallest effect of interest")
    axis.set_xlim(left=-0.08)  # room for a marker at zero
    axis.set(xlabel="Within-unit standard deviations of the outcome", ylabel="")
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=7)
    axis.legend().remove()
    sns.despine(ax=axis, left=True)
    return figure
