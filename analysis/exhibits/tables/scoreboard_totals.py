"""The R&D Scoreboard as read, against the totals its reports print."""

import pandas as pd

from analysis.exhibits.cells import count, number
from analysis.exhibits.display import Table


def layout(scoreboard_checks: pd.DataFrame) -> Table:
    """Return one row per fiscal year: totals, growth, and the share of links that the printed growth contradicts."""
    t = scoreboard_checks.sort_values("fiscal_year")
    frame = t.assign(
        **{
            "Fiscal year": t["fiscal_year"].astype(str),
            "Firms": t["firms"].map(count),
            "R&D, read (bn euro)": t["rd_billion"].map(lambda v: number(v, 1)),
            "published": t["published_rd_billion"].map(lambda v: number(v, 1)),
            "Difference (%)": t["difference_pct"].map(lambda v: number(v, 2)),
            "Growth, read (%)": t["growth_pct"].map(lambda v: number(v, 1)),
            "published ": t["published_growth_pct"].map(lambda v: number(v, 1)),
            "Linked to the year before": t["links"].map(count),
            "suspect": t["links_suspect"].map(count),
        }
    )
    return Table(frame[list(frame.columns[len(t.columns) :])], data=t)
