"""What the text says of the specification curves of provinces."""

import pandas as pd

from analysis.exhibits.cells import select_one
from analysis.specification_curve.names import ALL, TWO_WAY

SHARES = ("main_rank", "share_positive", "share_consistent", "share_not_consistent", "share_undecided")
MAIN = "Callaway-Sant'Anna"  # the estimator of the main specification, as config/specification_curves.yaml calls it
P_VALUES = ("p_median", "p_share", "p_average")


def count(
    province_rd_curve_joint: pd.DataFrame,
    province_green_curve_joint: pd.DataFrame,
    province_sales_curve_joint: pd.DataFrame,
    province_att: pd.DataFrame,
) -> dict:
    """Return how many specifications there are, the shares of their readings and joint p-values, by outcome.

    `rd_main_low` and `rd_main_high` are the interval of the main specification in percentage points. Keys begin with the outcome; the joint p-values of parts of a curve end with the part (`level`, `log`).
    """
    joints = {"rd": province_rd_curve_joint, "green": province_green_curve_joint, "sales": province_sales_curve_joint}
    facts: dict[str, float] = {"draws": int(joints["rd"]["draws"].iloc[0])}
    whole = joints["rd"].set_index("subset").loc[ALL]
    # The curve is in standard deviations; the text gives the interval in the unit of the main estimate.
    att = select_one(province_att, outcome="rd_intensity", term="att", inference="randomization_t")["estimate"]
    facts |= {f"rd_main_{end}": float(whole[f"main_{end}"] * att / whole["main_estimate"]) for end in ("low", "high")}
    for name, joint in joints.items():
        parts = joint.set_index("subset")
        row = parts.loc[ALL]
        facts |= {f"{name}_{key}": float(row[key]) for key in (*SHARES, *P_VALUES)}
        facts |= {f"{name}_n_{key}": int(row[f"n_{key}"]) for key in ("specifications", "distinct")}
        facts |= {f"{name}_p_highest": float(row[list(P_VALUES)].max())}
        estimators = parts.loc[parts.index.str.startswith("estimator: "), "p_median"]
        facts |= {f"{name}_p_lowest_estimator": float(estimators.min()), f"{name}_p_highest_estimator": float(estimators.max())}
        regressions, main = (parts.loc[f"estimator: {estimator}"] for estimator in (TWO_WAY, MAIN))
        facts |= {
            f"{name}_share_two_way": float(regressions["n_specifications"] / row["n_specifications"]),
            f"{name}_share_consistent_two_way": float(regressions["share_consistent"]),
            f"{name}_share_consistent_main": float(main["share_consistent"]),
        }
        for form in ("level", "log"):
            if f"outcome: {form}" in parts.index:
                part = parts.loc[f"outcome: {form}"]
                facts |= {f"{name}_{key}_{form}": float(part[key]) for key in ("share_positive", "share_consistent", "p_median")}
    return facts
