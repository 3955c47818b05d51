"""The search for earlier studies of the effect of IP securitization, query by query."""

import pandas as pd

from analysis.exhibits.display import Table

COLUMNS = {
    "shown": "Query",
    "database": "Database",
    "date": "Date",
    "results": "Results",
    "on_instrument": "On IP securitization",
    "estimates_effect": "Estimate its effect",
    "subjects": "What the results are about",
}
WIDTHS = {"Query": "1.5fr", "What the results are about": "1.5fr", "On IP securitization": "5.2em", "Estimate its effect": "4.6em"}


def layout(literature_searches: pd.DataFrame) -> Table:
    """Return one row per query, with the number of its results by subject."""
    frame = literature_searches.assign(
        on_instrument=literature_searches["results"].where(literature_searches["on_securitization"] == "yes", 0),
        shown=literature_searches["query_in_english"] + literature_searches["language"].map({"English": "", "Chinese": " (in Chinese)"}),
        subjects=literature_searches["results"].astype(str) + " " + literature_searches["subject"],
    )
    by_query = frame.groupby("query_number", sort=True)
    shown = by_query.agg(
        shown=("shown", "first"),
        database=("database", "first"),
        date=("date", "first"),
        results=("results", "sum"),
        on_instrument=("on_instrument", "sum"),
        estimates_effect=("estimates_effect", "sum"),
        subjects=("subjects", "; ".join),
    )
    return Table(shown.rename(columns=COLUMNS).reset_index(drop=True), data=literature_searches, widths=WIDTHS)
