"""Each issuer's path beside its synthetic control: debt to revenue, and interest to average debt."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.cells import prefixed, select_one, select_rows
from analysis.exhibits.display import COLOURS, WIDTH

SHOWN = ("issuer_debt_revenue", "issuer_interest")
COLUMNS = 4


def draw(issuer_cases: pd.DataFrame, issuer_year: pd.DataFrame, outcomes: dict) -> Figure:
    """Return a panel per issuer and outcome, by fiscal year, with the placebo p-value; those without a comparison show their path."""
    deals = issuer_year[issuer_year["issuer"]].drop_duplicates("firm_id").sort_values(["event_date", "firm_id"])
    lines = -(-len(deals) // COLUMNS)
    figure, axes = subplots(lines * len(SHOWN), COLUMNS, figsize=(WIDTH, 1.1 * lines * len(SHOWN) + 0.4), squeeze=False)
    for block, name in enumerate(SHOWN):
        about, most = outcomes[name], 0.0
        for place, (_, deal) in enumerate(deals.iterrows()):
            axis = axes[block * lines + place // COLUMNS, place % COLUMNS]
            own = issuer_year[issuer_year["firm_id"] == deal["firm_id"]]
            path = own.set_index("fiscal_year")[about["column"]].dropna()
            highest = _panel(axis, path, select_rows(issuer_cases, outcome=name, setting=deal["firm_id"]), int(deal["cohort"]))
            most = max(most, highest)
            axis.set_title(deal["firm"].split(" (")[0], fontsize=7.5, pad=11)
        # One scale for all issuers, so that a step in one panel can be set against that in another.
        for axis in axes[block * lines : (block + 1) * lines].flat:
            axis.set_ylim(0, 1.08 * most)
            axis.tick_params(labelleft=axis.get_subplotspec().is_first_col())
        axes[block * lines, 0].set_ylabel(f"{about['label']}, %", fontsize=7)
    for axis in axes.flat[len(deals) * len(SHOWN) :]:
        axis.set_visible(False)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=7)
    return figure


def _panel(axis: Axes, path: pd.Series, found: pd.DataFrame, year: int) -> float:
    """Draw one case and return its highest value."""
    path = path[(path.index >= year - 6) & (path.index <= year + 3)]
    axis.axvline(year - 0.5, color="#888888", linewidth=0.7, linestyle=":")
    axis.plot(path.index.astype(int), path, color=COLOURS[0], marker="o", markersize=2.2, label="issuer")
    gaps = select_rows(found, term="gap").dropna(subset=["estimate"]).sort_values("event_time")
    when = gaps["event_time"].astype(int) + year
    other = path.reindex(when.to_numpy()).to_numpy(float) - gaps["estimate"].to_numpy(float)
    axis.plot(when, other, color=COLOURS[1], linestyle="--", linewidth=1.1, label="synthetic control")
    case = select_one(found, term="case")
    said = "no comparison" if pd.isna(case["estimate"]) else "unranked" if pd.isna(case["p_value"]) else f"p {prefixed(case['p_value'])}"
    axis.text(0, 1.02, said, transform=axis.transAxes, fontsize=7, va="bottom")
    axis.tick_params(labelsize=7)
    first, last = int(path.index.min()), int(path.index.max())
    axis.set_xticks([at for at in (year - 3, year, year + 3) if first <= at <= last])
    return float(pd.Series([*path, *other]).max())
