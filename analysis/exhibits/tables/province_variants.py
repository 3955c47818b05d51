"""The province effects under other treatment definitions, controls and estimators."""

from analysis.exhibits.tables._variants import variants


def layout(
    province_att,
    province_wide,
    province_midyear,
    province_not_yet_treated,
    province_without_municipalities,
    province_before_2023,
    province_twfe,
    specifications,
    outcomes,
):
    """Return each outcome's effect by specification."""
    estimates = {
        "province_att": province_att,
        "province_wide": province_wide,
        "province_midyear": province_midyear,
        "province_not_yet_treated": province_not_yet_treated,
        "province_without_municipalities": province_without_municipalities,
        "province_before_2023": province_before_2023,
        "province_twfe": province_twfe,
    }
    return variants(estimates, {name: specifications[name]["title"] for name in estimates}, outcomes, "randomization_t")
