"""Country indicators behind the comparison of institutions: levels, not effects."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.display import COLOURS, MARKERS, WIDTH

SHOWN = {"USA": "US", "CHN": "China", "JPN": "Japan", "DEU": "Germany", "FRA": "France", "GBR": "UK", "KOR": "Korea"}
PANELS = {
    "rd_intensity": "R&D (percent of GDP)",
    "ip_receipts_to_gdp": "IP receipts (percent of GDP)",
    "ip_receipts": "IP receipts (bn US dollars, log)",
    "patents_per_gdp": "Resident patent applications\n(a billion dollars of GDP, log)",
}


def draw(countries: pd.DataFrame) -> Figure:
    """Return four panels over years; the old vintage of the European Union is left out, its six current points shown."""
    figure, axes = subplots(2, 2, figsize=(WIDTH, 4.3), sharex=True)
    names = list(SHOWN.values())
    for axis, (indicator, title) in zip(axes.flat, PANELS.items(), strict=True):
        own = countries[countries["indicator"] == indicator]
        scale = 1e-9 if indicator == "ip_receipts" else 1.0
        lines = own[own["iso3"].isin(SHOWN)].assign(
            country=own["iso3"].map(SHOWN), year=own["year"].astype(int), value=own["value"] * scale
        )
        sns.lineplot(
            lines, x="year", y="value", hue="country", style="country", hue_order=names, style_order=names, dashes=False,
            markers=MARKERS[: len(names)], palette=COLOURS[: len(names)], markevery=5, markersize=4, linewidth=1.1, ax=axis,
            legend=axis is axes.flat[0],
        )  # fmt: skip
        union = own[own["iso3"] == "EU27"]
        if len(union):
            axis.plot(union["year"].astype(int), union["value"], "*", color="#666666", markersize=5, label="EU27")
        if "log" in title:
            axis.set_yscale("log")
            axis.yaxis.set_major_formatter("{x:g}")
        axis.set_title(title, fontsize=8)
        axis.set(xlabel="", ylabel="")
        axis.tick_params(labelbottom=True)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    if axes.flat[0].get_legend():
        axes.flat[0].get_legend().remove()
    figure.legend(handles, labels, loc="outside lower center", ncol=8, fontsize=7)
    sns.despine(figure)
    return figure
