"""Three outcomes of provinces by every estimator of the suite that fits the design."""

import pandas as pd

from analysis.exhibits.cells import count, in_order, interval, labelled, number, p_value, select_rows
from analysis.exhibits.display import Table

# The inference of this paper first; clustered ones where an estimator has no randomization.
PREFERRED = {"randomization_t": "randomization", "analytic": "clustered", "cluster": "clustered"}


def layout(
    province_att,
    province_not_yet_treated,
    province_imputation,
    province_two_stage,
    province_sun_abraham,
    province_stacked,
    province_local_projections,
    province_twfe,
    specifications,
    outcomes,
):
    """Return a block per outcome, a row per estimator."""
    tables = {
        "province_att": province_att,
        "province_not_yet_treated": province_not_yet_treated,
        "province_imputation": province_imputation,
        "province_two_stage": province_two_stage,
        "province_sun_abraham": province_sun_abraham,
        "province_stacked": province_stacked,
        "province_local_projections": province_local_projections,
        "province_twfe": province_twfe,
    }
    rows, bold = [], []
    for outcome in in_order(province_imputation, outcomes):
        bold.append(len(rows))
        rows.append({"Estimator": labelled(outcomes, outcome)})
        for name, table in tables.items():
            rows.append({"Estimator": TITLES.get(name) or specifications[name]["title"]} | _line(overall(table, outcome)))
    data = pd.concat([table[table["outcome"].isin(province_imputation["outcome"])] for table in tables.values()], ignore_index=True)
    return Table(pd.DataFrame(rows).fillna(""), data=data, bold=tuple(bold), widths={"Estimator": "1fr"})


TITLES = {
    "province_att": "Callaway-Sant'Anna, controls with no known issue (main)",
    "province_not_yet_treated": "Callaway-Sant'Anna, also not-yet-treated controls",
}


def overall(table: pd.DataFrame, outcome: str) -> pd.Series:
    """Return the overall effect of an outcome by the preferred inference that the estimator has."""
    own = select_rows(table, outcome=outcome, term="att")
    for inference in PREFERRED:
        if len(found := select_rows(own, inference=inference)):
            return found.iloc[0]
    return pd.Series(pd.NA, index=table.columns, dtype=object)


def _line(row: pd.Series) -> dict:
    return {
        "ATT": number(row["estimate"]),
        "95 % interval": interval(row["ci_low"], row["ci_high"]),
        "p": p_value(row["p_value"]),
        "Inference": "" if pd.isna(row["inference"]) else PREFERRED[row["inference"]],
        "Treated": count(row["n_treated"]),
        "N": count(row["n_obs"]),
    }
