"""What the text says of the checks of the province estimates."""

import pandas as pd

from analysis.exhibits.cells import select_one, select_rows

COEFFICIENT = "rd_intensity"


def count(
    province_bacon: pd.DataFrame,
    province_sensitivity: pd.DataFrame,
    province_inference: pd.DataFrame,
    province_inference_cr3: pd.DataFrame,
    province_inference_time: pd.DataFrame,
) -> dict:
    """Return shares in percent, and how far the strongest control falls short of the smaller robustness value (in points)."""
    value = 100 * select_one(province_sensitivity, outcome=COEFFICIENT, term="robustness_value")["estimate"]
    clustered = 100 * select_one(province_sensitivity, outcome=COEFFICIENT, term="robustness_value_clustered")["estimate"]
    strongest = select_rows(province_sensitivity, outcome=COEFFICIENT, term="strength")["estimate"].max()
    tables = (province_inference, province_inference_cr3, province_inference_time)
    p_values = [p for table in tables for p in select_rows(table, outcome=COEFFICIENT, term="att")["p_value"].dropna()]
    return {
        "rd_already_treated": 100 * select_one(province_bacon, outcome=COEFFICIENT, term="weight:later_vs_earlier")["estimate"],
        "rd_robustness": value,
        "rd_robustness_clustered": clustered,
        "rd_strongest": 100 * strongest - clustered,
        "rd_p_smallest": min(p_values),
        "rd_p_largest": max(p_values),
    }
