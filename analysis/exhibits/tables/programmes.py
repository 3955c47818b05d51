"""Programmes that Chinese places have been given, before and beside securitization."""

import pandas as pd

from analysis.exhibits.cells import count
from analysis.exhibits.display import Table


def layout(pilots: pd.DataFrame) -> Table:
    """Return one row per programme: places found, whole cities among them, first and last year, grades."""
    rows = []
    for programme, part in pilots.groupby("programme"):
        years = part["first_year"].dropna()
        grades = part["confidence"].value_counts()
        rows.append(
            {
                "Programme": programme,
                "Places found": count(len(part)),
                "Whole cities or provinces": count(part["prefecture_wide"].sum()),
                "First year": f"{years.min()}–{years.max()}",
                "Grade: high / medium / low": " / ".join(str(grades.get(g, 0)) for g in ("high", "medium", "low")),
            }
        )
    return Table(pd.DataFrame(rows), data=pilots, widths={"Programme": "1fr"})
