"""Do the provinces add up to the nation?"""

import pandas as pd

from analysis.exhibits.cells import count, number
from analysis.exhibits.display import Table

OUTSIDE = "the nation counts units outside the 31 provinces"
WHY = {
    **dict.fromkeys(("technology_bought", "technology_sold", "invention_applications", "invention_grants", "inventions_in_force"), OUTSIDE),
    "rd_enterprise_funds": "Beijing 2012 is blank in the source",
}


def layout(national_checks: pd.DataFrame) -> Table:
    """Return one row per variable: years compared, range of the differences, and the reason of gaps above one percent."""
    rows = []
    for variable, part in national_checks.groupby("variable"):
        largest = part["difference_pct"].abs().max()
        rows.append(
            {
                "Variable": part["label"].iloc[0],
                "Years": count(len(part)),
                "Smallest (%)": number(part["difference_pct"].min(), 3),
                "Largest (%)": number(part["difference_pct"].max(), 3),
                "Gap above 1 %": WHY.get(variable, "unexplained") if largest > 1 else "",
            }
        )
    return Table(pd.DataFrame(rows), data=national_checks, widths={"Variable": "1fr", "Gap above 1 %": "1fr"})
