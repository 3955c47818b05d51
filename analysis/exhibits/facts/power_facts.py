"""The smallest effect that the designs of the figure of power detect."""

import pandas as pd

from analysis.exhibits.cells import select_rows


def count(province_att: pd.DataFrame, royalty_stacked: pd.DataFrame) -> dict:
    """Return the lowest minimum detectable effect over the outcomes of both designs, in within-unit standard deviations."""
    tables = [select_rows(table, term="att", inference="randomization_t") for table in (province_att, royalty_stacked)]
    return {"lowest_mde": float(min((table["mde80"] / table["within_sd"]).min() for table in tables))}
