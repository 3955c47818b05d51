"""Published totals of the Chinese market, side by side because they do not agree."""

import pandas as pd

from analysis.exhibits.cells import count, number
from analysis.exhibits.display import Table


def layout(market_series: pd.DataFrame) -> Table:
    """Return one row per provider, scope and period, cumulative counts first."""
    order = market_series.assign(rank=market_series["basis"].map({"cumulative": 0, "annual": 1, "year to date": 2}))
    order = order.sort_values(["rank", "as_of", "provider", "scope"])
    rows, bold = [], []
    for basis, part in order.groupby("rank", sort=True):
        bold.append(len(rows))
        rows.append({"Provider": ("Since the first issue", "Whole years", "Part of a year")[basis]})
        for row in part.to_dict("records"):
            rows.append(
                {
                    "Provider": row["provider"] + (" (derived)" if row["derived"] else ""),
                    "Scope": row["scope"],
                    "As of": row["as_of"],
                    "Deals": count(row["deals"]),
                    "Value (bn yuan)": number(row["value_cny_billion"], 3),
                    "Senior coupon (%)": number(row["senior_coupon_pct"], 2),
                }
            )
    return Table(pd.DataFrame(rows), data=market_series, bold=tuple(bold), widths={"Provider": "1.2fr", "Scope": "1fr"})
