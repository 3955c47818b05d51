"""How often clustered errors call the effect on R&D of a country that was not exposed significant."""

import pandas as pd

from analysis.exhibits.cells import select_rows

OUTCOME, NORMAL = "log_rd", 1.96


def count(china_exposure: pd.DataFrame) -> dict:
    """Return the number of placebo countries and of those whose 95 % interval, clustered by firm, excludes zero."""
    placebos = select_rows(china_exposure, outcome=OUTCOME, term="placebo")
    return {"n_placebos": len(placebos), "n_significant": int((placebos["estimate"].abs() > NORMAL * placebos["std_error"]).sum())}
