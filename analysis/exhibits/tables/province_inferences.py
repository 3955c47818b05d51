"""One coefficient, many inferences: two-way fixed effects of the headline outcomes of provinces."""

import pandas as pd

from analysis.exhibits.cells import in_order, interval, labelled, number, p_value, select_one
from analysis.exhibits.display import Table

INFERENCES = {
    "cluster": "Clustered by province (CR1)",
    "cr3": "Clustered by province (CR3, jackknife)",
    "driscoll_kraay": "Driscoll-Kraay, two lags",
    "wild_cluster_bootstrap": "Wild cluster bootstrap (Webb)",
    "conley_taber": "Conley-Taber (placebo distribution of controls)",
    "randomization_t": "Randomization, t-ratio",
    "randomization_beta": "Randomization, coefficient",
}


def layout(
    province_inference: pd.DataFrame, province_inference_cr3: pd.DataFrame, province_inference_time: pd.DataFrame, outcomes: dict
) -> Table:
    """Return a block per outcome, one row per inference."""
    data = pd.concat([province_inference, province_inference_cr3, province_inference_time], ignore_index=True)
    rows, bold = [], []
    for outcome in in_order(province_inference, outcomes):
        bold.append(len(rows))
        estimate = select_one(data, outcome=outcome, term="att", inference="cluster")["estimate"]
        rows.append({"Inference": f"{labelled(outcomes, outcome)}: {number(estimate)}"})
        for inference, label in INFERENCES.items():
            row = select_one(data, outcome=outcome, term="att", inference=inference)
            why = "needs every province in every year" if pd.isna(row["estimate"]) else interval(row["ci_low"], row["ci_high"])
            rows.append({"Inference": label, "s.e.": number(row["std_error"]), "95 % interval": why, "p": p_value(row["p_value"])})
    return Table(pd.DataFrame(rows).fillna(""), data=data, bold=tuple(bold), widths={"Inference": "1fr"})
