"""Bounds on the effect on R&D when the accounts hold survivors only."""

import pandas as pd

from analysis.exhibits.cells import count, interval, number, percent, select_rows
from analysis.exhibits.display import Table


def layout(accounts_bounds: pd.DataFrame) -> Table:
    """Return one row per event time and excess of survival: bounds, and the interval of the pair."""
    low, high = (select_rows(accounts_bounds, term=term) for term in ("att_lower", "att_upper"))
    low = low.assign(excess=pd.to_numeric(low["setting"]).fillna(0.0)).sort_values(["event_time", "excess"])
    rows = []
    for _, lower in low.iterrows():
        same = (high["event_time"] == lower["event_time"]) & (
            high["setting"].fillna("") == ("" if pd.isna(lower["setting"]) else lower["setting"])
        )
        upper = high[same].iloc[0]
        rows.append(
            {
                "Years since event": str(lower["event_time"]),
                "Treated survived more often by": percent(lower["excess"]),
                "Lower bound": number(lower["estimate"]),
                "Upper bound": number(upper["estimate"]),
                "95 % interval of the pair": interval(lower["ci_low"], upper["ci_high"]),
                "Treated": count(lower["n_treated"]),
            }
        )
    return Table(pd.DataFrame(rows), data=accounts_bounds, widths={"Years since event": "1fr"})
