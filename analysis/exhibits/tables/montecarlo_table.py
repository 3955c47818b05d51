"""SIMULATED. Bias, coverage and size of every method under data-generating processes that it is meant for, and some that not."""

import pandas as pd

from analysis.exhibits.display import Table


def layout(montecarlo: pd.DataFrame) -> Table:
    """Return a line for each method, grouped by data-generating process; a dagger marks methods whose assumptions it breaks."""
    rows, bold = [], []
    for _, part in montecarlo.groupby("data_generating_process", sort=False):
        bold.append(len(rows))
        rows.append({"Method": f"{part['title'].iloc[0]}; {part['replications'].iloc[0]:,} replications"})
        for row in part.sort_values("misused", kind="stable").to_dict("records"):
            rows.append(
                {
                    "Method": row["label"] + (" †" if row["misused"] else ""),
                    "Truth": _number(row["true_effect"], 2),
                    "Bias": "" if pd.isna(row["bias"]) else f"{row['bias']:.3f} ({row['bias_error']:.3f})",
                    "s.d.": _number(row["spread"], 3),
                    "Mean s.e.": _number(row["mean_error"], 3),
                    "Coverage": _number(100 * row["coverage"], 1),
                    "Size": _number(100 * row["size"], 1),
                    "Refused": str(row["refused"]) if row["refused"] and row["replications"] > row["refused"] else "",
                }
            )
    return Table(pd.DataFrame(rows).fillna(""), data=montecarlo, bold=tuple(bold), widths={"Method": "1fr"})


def _number(value: float, digits: int) -> str:
    return "" if pd.isna(value) else f"{value:.{digits}f}"
