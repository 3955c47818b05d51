"""Issues of the firms by year: how many, first and further ones, firms, cities, amounts."""

import pandas as pd

from analysis.exhibits.display import Table
from analysis.panels._firm_traits import fixed_traits
from analysis.panels._issuers import issues_of


def layout(financing_events: pd.DataFrame, firm_accounts: pd.DataFrame, panels: dict) -> Table:
    """Return one row per year and a total."""
    traits = fixed_traits(firm_accounts).set_index("firm_id")
    city = traits["cluster"].where(traits["city"].notna())
    events = issues_of(financing_events, panels["firm_panel"]["settings"]["instrument"])
    events = events.assign(year=events["date"].str.slice(0, 4), city=events["firm_id"].map(city))
    events = events.sort_values("date")
    events["first"] = ~events.duplicated("firm_id")
    rows = [_line(year, part) for year, part in events.groupby("year")]
    rows.append(_line("All", events))
    formats = dict.fromkeys(["Issues", "First issues", "Firms", "Cities"], "{:,.0f}") | {
        "Median amount, million": "{:.1f}",
        "Total, million": "{:,.0f}",
    }
    return Table(pd.DataFrame(rows), formats=formats, rules=(len(rows) - 1,), widths={"Year": "1fr"})


def _line(label: str, part: pd.DataFrame) -> dict:
    return {
        "Year": label,
        "Issues": len(part),
        "First issues": int(part["first"].sum()),
        "Firms": part["firm_id"].nunique(),
        "Cities": part["city"].nunique(),
        "Median amount, million": part["amount"].median(),
        "Total, million": part["amount"].sum(),
    }
