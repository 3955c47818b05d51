"""Does R&D gain more than the environment: two standardized effects and their difference, a block per green outcome."""

import pandas as pd

from analysis.exhibits.cells import count, interval, number, p_value, select_one, select_rows
from analysis.exhibits.display import Table


def layout(
    province_difference: pd.DataFrame,
    province_difference_exact_base: pd.DataFrame,
    province_difference_spending: pd.DataFrame,
    outcomes: dict,
    specifications: dict,
) -> Table:
    """Return per comparison the effect on R&D to GDP, that on the green outcome, and their difference with its interval and p."""
    tables = {
        "province_difference": province_difference,
        "province_difference_exact_base": province_difference_exact_base,
        "province_difference_spending": province_difference_spending,
    }
    rows, bold = [], []
    for name, table in tables.items():
        bold.append(len(rows))
        rows.append({"Effect on": specifications[name]["title"]})
        for one in select_rows(table, term="effect").sort_values("setting", key=lambda s: s != "rd_intensity").to_dict("records"):
            rows.append(_line(outcomes[one["setting"]]["label"], one))
        rows.append(_line("Difference", select_one(table, term="difference")))
    data = pd.concat([table.assign(specification=specifications[name]["title"]) for name, table in tables.items()], ignore_index=True)
    return Table(pd.DataFrame(rows).fillna(""), data=data, bold=tuple(bold), widths={"Effect on": "1fr"})


def _line(label: str, row: dict | pd.Series) -> dict:
    return {
        "Effect on": label,
        "Standard deviations": number(row["estimate"], 2),
        "95 % interval": interval(row["ci_low"], row["ci_high"], 2),
        "p": p_value(row["p_value"]),
        "Treated": count(row["n_treated"]),
        "Units": count(row["n_units"]),
        "N": count(row["n_obs"]),
    }
