"""Summary statistics of the province panel, and treated against other provinces before the first issue."""

import pandas as pd

from analysis.exhibits.cells import count, measured, number
from analysis.exhibits.display import Table

BEFORE = 2018


def layout(province_year: pd.DataFrame, outcomes: dict) -> Table:
    """Return one row per outcome in its own unit: N, mean, s.d., quantiles, and group means before 2018."""
    early = province_year[(province_year["year"] < BEFORE) & province_year["certain"]]
    treated = (early["cohort_midyear"] <= province_year["year"].max()).fillna(False)
    rows = []
    for about in measured(province_year, outcomes).values():
        values = province_year[about["column"]].dropna()
        digits = 2 if values.median() < 100 else 0
        rows.append(
            {
                "Variable": about["label"],
                "N": count(len(values)),
                "Mean": number(values.mean(), digits),
                "s.d.": number(values.std(), digits),
                "Min.": number(values.min(), digits),
                "Median": number(values.median(), digits),
                "Max.": number(values.max(), digits),
                "Treated, before": number(early.loc[treated, about["column"]].mean(), digits),
                "No known issue, before": number(early.loc[~treated, about["column"]].mean(), digits),
            }
        )
    return Table(pd.DataFrame(rows), widths={"Variable": "1fr"})
