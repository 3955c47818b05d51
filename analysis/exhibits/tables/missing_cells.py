"""Cells of the province panel that hold no figure; none is filled."""

import pandas as pd

from analysis.exhibits.cells import measured
from analysis.exhibits.display import Table


def layout(province_year: pd.DataFrame, outcomes: dict) -> Table:
    """Return missing provinces by outcome and year; nothing is printed where all have a figure."""
    years = sorted(province_year["year"].unique())
    rows = []
    for about in measured(province_year, outcomes).values():
        missing = province_year[about["column"]].isna().groupby(province_year["year"]).sum()
        rows.append({"Outcome": about["label"]} | {f"{str(year)[2:]}": str(missing[year]) if missing[year] else "" for year in years})
    return Table(pd.DataFrame(rows), widths={"Outcome": "1fr"})
