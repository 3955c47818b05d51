"""Projects of issuers: share sold and share abandoned by months since filing, filed before and after the first issue."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from analysis.exhibits.cells import select_rows
from analysis.exhibits.display import COLOURS, MARKERS, WIDTH

GROUPS = {"0": "filed before the first issue", "1": "filed after it"}
ENDS = {1: "Sold or licensed", 2: "Abandoned"}


def draw(cycle_curves: pd.DataFrame) -> Figure:
    """Return cumulative incidence with 95 % intervals, one panel per kind of end."""
    data = cycle_curves.assign(months=cycle_curves["setting"].astype(float)).sort_values("months")
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 2.6), sharey=True)
    for axis, (kind, title) in zip(axes, ENDS.items(), strict=True):
        for i, (group, label) in enumerate(GROUPS.items()):
            own = select_rows(data, term=f"incidence:{kind}[{group}]")
            axis.plot(own["months"], own["estimate"], color=COLOURS[i], marker=MARKERS[i], label=label)
            axis.fill_between(own["months"], own["ci_low"].clip(0), own["ci_high"].clip(upper=1), color=COLOURS[i], alpha=0.15, linewidth=0)
        axis.set(title=title, xlabel="Months since filing")
    axes[0].set_ylabel("Cumulative incidence")
    axes[0].legend(loc="upper left")
    return figure
