"""What the text says of readings that other estimators repeat."""

from analysis.exhibits.tables.verdict_stability import layout


def count(
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
    """Return how many readings there are, how many other estimators repeat, how many of these flip in at least one."""
    found = layout(**locals()).data  # exactly what the table is made from
    repeated = found[found["repeated"] > 0]
    return {
        "n_readings": len(found),
        "n_repeated": len(repeated),
        "n_flipping": int((repeated["flips"] > 0).sum()),
        "rd_s_value": float(found.loc[found["outcome"] == "rd_intensity", "s_value"].max()),
    }
