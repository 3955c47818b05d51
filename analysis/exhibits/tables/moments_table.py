"""SIMULATED. Moments of the simulated cohort beside the published ones that its levels aim at."""

import numpy as np
import pandas as pd

from analysis.exhibits.cells import number
from analysis.exhibits.display import Table

TAIL = 0.01  # the published moments are of winsorized variables
EARLY = 4  # years whose projects had time to end


def layout(
    firm_panel: pd.DataFrame, firm_accounts: pd.DataFrame, project_spells: pd.DataFrame, recoveries: pd.DataFrame, simulation: dict
) -> Table:
    """Return one row per moment: what, in the cohort, as published, and where that was read."""
    data = _variables(firm_panel, firm_accounts)
    rows = []
    for moment in simulation["moments"]:
        rows.append(
            {
                "Moment": moment["of"].replace("_", " ").replace("rd ", "R&D ").replace("sd ", "s.d. "),
                "Cohort": number(_moment(moment["of"], data, project_spells)),
                "Published": number(moment["published"]),
                "Read in": moment["source"],
            }
        )
    return Table(pd.DataFrame(rows), widths={"Moment": "30%", "Read in": "1fr"})


def _variables(panel: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    data = panel[["firm_id", "year", "rd_to_sales", "sales_growth", "tobin_q"]].assign(
        log_assets=panel["log_assets"] + np.log(1e6),  # the published moments are of yuan
        leverage=panel["leverage"] / 100,
        roa=panel["roa"] / 100,
        tangibility=panel["tangibility"] / 100,
        cost_of_debt=panel["cost_of_debt"] / 100,
        state_owned=panel["state_owned"].astype("float64"),
        log_rd_to_sales=np.log(panel["rd_to_sales"].where(panel["rd_to_sales"] > 0)),
    )
    age = accounts["year"] - accounts["founded"]
    data = data.merge(accounts[["firm_id", "year"]].assign(log_age=np.log(age.astype("float64") + 1)), on=["firm_id", "year"])
    kept = ("firm_id", "year", "state_owned")
    return data.assign(**{c: data[c].clip(*data[c].quantile([TAIL, 1 - TAIL])) for c in data if c not in kept})


def _moment(of: str, data: pd.DataFrame, spells: pd.DataFrame) -> float:
    kind, *names = of.split()
    if names[0] in ("commercialized", "cycle_months"):
        early = spells[(spells["filed_year"] < spells["filed_year"].min() + EARLY) & (spells["issuer"] == 0)]
        return early["ended"].mean() if names[0] == "commercialized" else early.loc[early["ended"] == 1, "months"].median()
    values = data[names[0]]
    if kind in ("within_sd", "between_sd"):
        means = values.groupby(data["firm_id"]).transform("mean")
        return (values - means).std() if kind == "within_sd" else means.groupby(data["firm_id"]).first().std()
    if kind == "correlation":
        return values.corr(data[names[1]])
    return {"mean": values.mean(), "sd": values.std(), "median": values.median(), "zero": (values == 0).mean()}[kind]
