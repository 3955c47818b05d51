"""How much one province moves the estimate."""

import seaborn as sns
from matplotlib.pyplot import subplots

from analysis.exhibits.cells import in_order, only
from analysis.exhibits.display import COLOURS, WIDTH

PREFIX = "att_without:"


def draw(province_leave_one_out_att, outcomes):
    """Return one panel an outcome: the estimate without each province, sorted, the full one as a line."""
    names = in_order(province_leave_one_out_att, outcomes)
    figure, axes = subplots(1, len(names), figsize=(WIDTH, 3.6), squeeze=False)
    for axis, name in zip(axes.flat, names, strict=True):
        own = province_leave_one_out_att[province_leave_one_out_att["outcome"] == name]
        full = only(own, term="att", inference="analytic")["estimate"]
        without = (
            own[own["term"].str.startswith(PREFIX)]
            .assign(province=lambda d: d["term"].str.removeprefix(PREFIX))
            .sort_values("estimate")
            .reset_index(drop=True)
        )
        sns.scatterplot(without, x="estimate", y=without.index, color=COLOURS[0], s=18, linewidth=0, ax=axis)
        axis.axvline(full, color="black", linewidth=0.8, linestyle="--")
        axis.axvline(0, color="black", linewidth=0.6)
        axis.set_yticks(without.index, without["province"], fontsize=6)
        axis.set_title(outcomes[name]["label"], fontsize=8)
        axis.set_ylabel("")
        axis.set_xlabel(f"Effect without the province ({outcomes[name]['unit']})", fontsize=7)
    sns.despine(figure)
    return figure
