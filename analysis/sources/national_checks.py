"""Do the provinces add up to the nation? The published totals are an independent check of the whole file."""

from __future__ import annotations

import pandas as pd


def clean(national_totals: pd.DataFrame, province_yearbooks: pd.DataFrame, province_variables: pd.DataFrame) -> pd.DataFrame:
    """Return one row per variable and year: sum of the provinces, published total, difference in percent."""
    labels = province_variables.set_index("variable")["label"]
    variables = sorted(national_totals["variable"].unique())
    long = province_yearbooks.melt(["province", "year"], variables, var_name="variable")
    sums = long.groupby(["variable", "year"])["value"].agg(provinces_sum="sum", provinces="count").reset_index()
    table = national_totals.merge(sums, on=["variable", "year"], how="left", validate="one_to_one")
    table["difference_pct"] = 100 * (table["provinces_sum"] / table["national"] - 1)
    return table.assign(label=table["variable"].map(labels), provinces=table["provinces"].astype("Int64"))
