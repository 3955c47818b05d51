"""Beside each reading: S-value, the family of outcomes, the curve of specifications, other estimators."""

import pandas as pd

from analysis.exhibits.cells import p_value
from analysis.exhibits.display import Table
from analysis.exhibits.tables._stability import stability

INFERENCES = {"randomization_t": "randomization"}


def layout(
    verdicts,
    province_family_permuted,
    province_family_permuted_commercialization,
    province_family_permuted_green,
    royalty_family,
    province_rd_curve_joint,
    province_green_curve_joint,
    province_sales_curve_joint,
    province_not_yet_treated,
    province_imputation,
    province_two_stage,
    province_sun_abraham,
    province_stacked,
    province_local_projections,
    province_twfe,
    royalty_staggered,
):
    """Return one row per reading."""
    found = stability(
        verdicts,
        {
            "province_att": [province_family_permuted, province_family_permuted_commercialization, province_family_permuted_green],
            "royalty_stacked": [royalty_family],
        },
        {
            ("province_att", "rd_intensity"): province_rd_curve_joint,
            ("province_att", "pollution_control"): province_green_curve_joint,
            ("province_att", "new_product_sales"): province_sales_curve_joint,
        },
        {
            "province_att": [
                province_not_yet_treated,
                province_imputation,
                province_two_stage,
                province_sun_abraham,
                province_stacked,
                province_local_projections,
                province_twfe,
            ],
            "royalty_stacked": [royalty_staggered],
        },
    )
    widths = {"Evidence": "1.5fr", "Reading": "1fr"}
    return Table(pd.DataFrame([_line(row) for _, row in found.iterrows()]), data=found, widths=widths)


def _line(row: pd.Series) -> dict:
    return {
        "Claim": row["claim"],
        "Evidence": row["says"],
        "Reading": row["verdict_before_gates"].replace("untestable (INCONCLUSIVE)", "cannot tell"),
        "p": p_value(row["p_value"]),
        "by": INFERENCES.get(row["inference"], row["inference"].replace("_", " ")),
        "S": f"{row['s_value']:.1f}",
        "p, family": p_value(row["p_family"]),
        "Curve": "" if pd.isna(row["share_same"]) else f"{row['share_same']:.0%}",
        "Flips": f"{row['flips']} of {row['repeated']}" if row["repeated"] else "",
    }
