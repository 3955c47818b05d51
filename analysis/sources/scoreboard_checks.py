"""The R&D Scoreboard against the totals that its own reports print: a test of reading, units and links."""

from __future__ import annotations

import pandas as pd

from analysis.core.rawfiles import RawFiles
from analysis.sources.scoreboard import clean as clean_scoreboard


def clean(scoreboard_workbooks: RawFiles) -> pd.DataFrame:
    """Return one row per fiscal year: total R&D and its growth, ours and published, and how many links hold."""
    published = scoreboard_workbooks.contract["published_totals"]
    table = clean_scoreboard(scoreboard_workbooks)
    return pd.DataFrame([_year(int(year), firms, published.get(str(year), {})) for year, firms in table.groupby("fiscal_year")])


def _year(year: int, firms: pd.DataFrame, published: dict) -> dict:
    grown = firms.dropna(subset=["rd_growth_pct"])
    before = (grown["rd"] / (1 + grown["rd_growth_pct"] / 100))[grown["rd_growth_pct"] > -100]
    total = firms["rd"].sum() / 1000
    stated = published.get("rd_billion", float("nan"))
    return {
        "fiscal_year": year,
        "firms": len(firms),
        "rd_billion": total,
        "published_rd_billion": stated,
        "difference_pct": 100 * (total / stated - 1),
        "growth_pct": 100 * (grown.loc[before.index, "rd"].sum() / before.sum() - 1),
        "published_growth_pct": published.get("growth_pct", float("nan")),
        "links": int(firms["link_gap"].notna().sum()),
        "links_suspect": int(firms["link_suspect"].sum()),
    }
