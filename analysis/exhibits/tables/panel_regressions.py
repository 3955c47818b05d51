"""Second link of the claimed cycle: IP income of provinces on their earlier R&D, within and across provinces."""

import pandas as pd

from analysis.exhibits.cells import in_order, labelled, number, prefixed, select_one
from analysis.exhibits.display import Table

REGRESSORS = {
    "log_industrial_rd_lag1": "Industrial R&D, last year (log)",
    "log_gdp_per_capita": "GDP per head (log)",
    "mean_log_industrial_rd_lag1": "Province mean of industrial R&D (log)",
    "mean_log_gdp_per_capita": "Province mean of GDP per head (log)",
}


def layout(
    province_link_within: pd.DataFrame,
    province_link_random: pd.DataFrame,
    province_link_mundlak: pd.DataFrame,
    province_link_hausman: pd.DataFrame,
    outcomes: dict,
    specifications: dict,
) -> Table:
    """Return coefficients with clustered standard errors by model, and the tests between the models."""
    models = {
        "province_link_within": province_link_within,
        "province_link_random": province_link_random,
        "province_link_mundlak": province_link_mundlak,
    }
    titles = {name: specifications[name]["title"] for name in models}
    rows, bold = [], []
    for outcome in in_order(province_link_within, outcomes):
        bold.append(len(rows))
        rows.append({"Regressor": labelled(outcomes, outcome)})
        for term, label in REGRESSORS.items():
            cells = {titles[name]: _coefficient(select_one(table, outcome=outcome, term=term)) for name, table in models.items()}
            rows.append({"Regressor": label} | cells)
        rows.append(
            {"Regressor": "Observations, provinces"}
            | {titles[n]: _size(select_one(t, outcome=outcome, term="log_industrial_rd_lag1")) for n, t in models.items()}
        )
        rows.append(
            {"Regressor": "Hausman test"}
            | {titles["province_link_random"]: _test(select_one(province_link_hausman, outcome=outcome, term="hausman"))}
        )
        rows.append(
            {"Regressor": "Mundlak test"}
            | {titles["province_link_mundlak"]: _test(select_one(province_link_mundlak, outcome=outcome, term="mundlak"))}
        )
    data = pd.concat([*models.values(), province_link_hausman], ignore_index=True)
    return Table(pd.DataFrame(rows), data=data, bold=tuple(bold), widths={"Regressor": "1fr"})


def _coefficient(row: pd.Series) -> str:
    return "" if pd.isna(row["estimate"]) else f"{number(row['estimate'])} ({number(row['std_error'])})"


def _size(row: pd.Series) -> str:
    return "" if pd.isna(row["n_obs"]) else f"{row['n_obs']}, {row['n_units']}"


def _test(row: pd.Series) -> str:
    if pd.isna(row["estimate"]):
        return "does not exist" if pd.notna(row["reason"]) else ""
    return f"{number(row['estimate'], 1)}, p {prefixed(row['p_value'])}"
