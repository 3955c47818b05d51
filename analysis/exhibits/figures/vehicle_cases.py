"""The issuers of royalty notes with accounts, each beside its synthetic control."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.cells import number, prefixed, select_one, select_rows
from analysis.exhibits.display import COLOURS, WIDTH

TITLE_WIDTH = 18


def draw(
    vehicle_biocryst: pd.DataFrame,
    vehicle_ironwood: pd.DataFrame,
    vehicle_theravance: pd.DataFrame,
    vehicle_theravance_biopharma: pd.DataFrame,
    accounts_year: pd.DataFrame,
) -> Figure:
    """Return one panel per firm: its R&D and that of its synthetic control, in logarithms less the firm's own of the year before."""
    tables = (vehicle_biocryst, vehicle_ironwood, vehicle_theravance, vehicle_theravance_biopharma)
    figure, axes = subplots(1, len(tables), figsize=(WIDTH, 2.2), sharey=True)
    for axis, table in zip(axes, tables, strict=True):
        _case(axis, table, accounts_year)
    axes[0].set_ylabel("Log R&D, year before = 0")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _case(axis: Axes, table: pd.DataFrame, accounts_year: pd.DataFrame) -> None:
    gaps = select_rows(table, term="gap").sort_values("event_time")
    case, fit = select_one(table, term="case"), select_one(table, term="fit")
    if gaps.empty:
        axis.set_title(f"not identified: {table['reason'].dropna().iloc[0]}", fontsize=7)
        return
    own = accounts_year[accounts_year["ticker"] == case["setting"]].set_index("fiscal_year")
    times = gaps["event_time"].astype(int).to_numpy()
    rd = np.log(own["rd"].reindex(times + int(own["cohort"].iloc[0])).to_numpy(float))
    base = rd[times == -1]
    axis.plot(times, rd - base, color=COLOURS[0], marker="o", markersize=3, label="issuer")
    axis.plot(times, rd - gaps["estimate"].to_numpy(float) - base, color="#777777", linestyle="--", label="synthetic control")
    axis.axvline(-0.5, color="#888888", linewidth=0.8, linestyle=":")
    name = own["name"].iloc[0].split(",")[0].replace(" Pharmaceuticals", "")
    axis.set_title("\n".join(textwrap.wrap(f"{name}, {own['cohort'].iloc[0]}", TITLE_WIDTH)), fontsize=7.5, pad=22)
    rank = "no p: exact fit" if pd.isna(case["p_value"]) else f"p {prefixed(case['p_value'])}"
    said = f"gap {number(case['estimate'], 2)}, {rank}\nfit before {number(fit['estimate'], 2)}"
    axis.text(0, 1.02, said, transform=axis.transAxes, fontsize=7, va="bottom")
    axis.set_xlabel("Years since notes")
    axis.tick_params(labelsize=7)
    axis.locator_params(axis="x", integer=True)
