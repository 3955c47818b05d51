"""Variables of the province statistics: unit, years, office and grade."""

import pandas as pd

from analysis.exhibits.display import Table


def layout(variables: pd.DataFrame) -> Table:
    """Return one row per variable."""
    frame = variables.assign(Years=variables["first_year"].astype(str) + "–" + variables["last_year"].astype(str))
    frame = frame.rename(
        columns={"label": "Variable", "unit": "Unit", "official_source": "Office or publication", "grade": "Grade", "remark": "Remark"}
    )
    frame = frame[["Variable", "Unit", "Years", "Office or publication", "Grade", "Remark"]]
    return Table(frame, data=variables, widths={"Variable": "1fr", "Unit": "0.7fr", "Office or publication": "1.3fr", "Remark": "1fr"})
