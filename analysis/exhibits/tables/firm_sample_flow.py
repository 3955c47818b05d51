"""From the list of events to the firms that can be compared."""

import pandas as pd

from analysis.exhibits.cells import count
from analysis.exhibits.display import Table


def layout(event_matches: pd.DataFrame, firm_stacks: pd.DataFrame) -> Table:
    """Return one row per step with the firms left, and the firms lost by reason."""
    firms = event_matches["company"].nunique()
    sourced = event_matches[event_matches["confidence"].isin(["high", "medium"])]
    first = event_matches[event_matches["first_event"]]
    rows = [
        ("Firms named in the event list", firms),
        ("less: no source, or a thin one", sourced["company"].nunique() - firms),
        ("less: no dated event", first["company"].nunique() - sourced["company"].nunique()),
        ("Firms with a dated first event", len(first)),
    ]
    reasons = first.loc[~first["in_sample"], "reason"].value_counts()
    rows += [(f"less: {reason}", -number) for reason, number in reasons.items()]
    kinds = firm_stacks.groupby("control_kind")["firm_id"].nunique()
    rows += [
        ("Treated firms in the stacks", int(kinds["treated"])),
        ("Control firms without a known event", int(kinds["never_listed"])),
        ("Control firms with a later event", int(kinds.get("not_yet_treated", 0))),
        ("Stacks (event years)", firm_stacks["stack"].nunique()),
        ("Rows of stack, firm and fiscal year", len(firm_stacks)),
    ]
    frame = pd.DataFrame(rows, columns=["Step", "Firms"])
    frame["Firms"] = [f"\N{MINUS SIGN}{count(-n)}" if n < 0 else count(n) for n in frame["Firms"]]
    return Table(frame, rules=(4, 4 + len(reasons)), widths={"Step": "1fr"})
