"""How many firms stay, and what their leaving could do to the royalty estimates."""

import pandas as pd

from analysis.exhibits.cells import count, in_order, interval, labelled, number, select_one
from analysis.exhibits.display import Table


def layout(royalty_bounds: pd.DataFrame, outcomes: dict) -> Table:
    """Return Lee bounds by outcome and event time with the share of treated and controls still observed."""
    rows, bold = [], []
    for name in in_order(royalty_bounds, outcomes):
        bold.append(len(rows))
        rows.append({"Years since event": labelled(outcomes, name)})
        own = royalty_bounds[royalty_bounds["outcome"] == name]
        for event_time in sorted(own["event_time"].dropna().unique()):
            low, high, treated, control = (
                select_one(own, event_time=event_time, term=t) for t in ("att_lower", "att_upper", "stay_treated", "stay_control")
            )
            rows.append(
                {
                    "Years since event": str(event_time),
                    "Treated still observed": number(treated["estimate"], 2),
                    "Controls still observed": number(control["estimate"], 2),
                    "Lower bound": number(low["estimate"]),
                    "Upper bound": number(high["estimate"]),
                    "95 % interval of the pair": interval(low["ci_low"], high["ci_high"]),
                    "Treated": count(low["n_treated"]),
                }
            )
    return Table(pd.DataFrame(rows), data=royalty_bounds, bold=tuple(bold), widths={"Years since event": "1fr"})
