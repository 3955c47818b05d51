"""Chinese firms after the first mainland issue: one treated country, so the countries are the draws."""

import pandas as pd

from analysis.exhibits.cells import count, in_order, labelled, number, p_value, select_one, select_rows
from analysis.exhibits.display import Table


def layout(china_exposure: pd.DataFrame, outcomes: dict) -> Table:
    """Return the estimate with its falsely precise firm-clustered error beside randomization over countries."""
    rows = []
    for name in in_order(china_exposure, outcomes):
        firm = select_one(china_exposure, outcome=name, term="att", inference="cluster")
        country = select_one(china_exposure, outcome=name, term="att", inference="randomization_countries")
        placebos = select_rows(china_exposure, outcome=name, term="placebo")
        larger = int((placebos["estimate"].abs() >= abs(country["estimate"])).sum())
        rows.append(
            {
                "Outcome": labelled(outcomes, name),
                "Estimate": number(country["estimate"]),
                "s.e. (firms)": number(firm["std_error"]),
                "p (firms)": p_value(firm["p_value"]),
                "p (countries)": p_value(country["p_value"]),
                "Placebo countries": len(placebos),
                "with a larger effect": larger,
                "Firms": count(firm["n_units"]),
                "N": count(firm["n_obs"]),
            }
        )
    return Table(pd.DataFrame(rows), data=china_exposure, widths={"Outcome": "1fr"})
