"""From orphan designations to the projects that are compared."""

import pandas as pd

from analysis.exhibits.cells import count
from analysis.exhibits.display import Table


def layout(orphan_projects: pd.DataFrame, orphan_stretches: pd.DataFrame) -> Table:
    """Return one row per step with designations, sponsors and approvals by March 2026."""
    sample = orphan_projects[orphan_projects["in_sample"]]
    event = sample[sample["event_firm"] == 1]
    exposed = orphan_stretches.loc[orphan_stretches["in_sample"] & (orphan_stretches["exposed"] == 1), "designation_id"]
    steps = [("Orphan designations to 13 January 2022", orphan_projects)]
    reasons = orphan_projects["reason"].value_counts().index
    steps += [(f"less: {reason}", orphan_projects[orphan_projects["reason"] == reason]) for reason in reasons]
    steps += [
        ("Projects compared", sample),
        ("of sponsors without a known event", sample[sample["event_firm"] == 0]),
        ("of sponsors with a dated event", event),
        ("some of their months after it", event[event["designation_id"].isin(exposed)]),
        ("designated after it", event[event["designated_after"] == 1]),
        ("Withdrawn by January 2022", sample[sample["followed_kind"] == 2]),
    ]
    rows = [_line(step, part) for step, part in steps]
    return Table(pd.DataFrame(rows), rules=(len(reasons) + 1,), widths={"Step": "1fr"})


def _line(step: str, part: pd.DataFrame) -> dict:
    """Return the counts of one step; what is left out has a sign, but no sponsors, because a sponsor may have other designations."""
    less = step.startswith("less")
    sign = "\N{MINUS SIGN}" if less else ""
    approved = int(part["approved"].sum())
    return {
        "Step": step,
        "Designations": f"{sign}{count(len(part))}",
        "Sponsors": "" if less else count(part["sponsor"].nunique()),
        "Approved by March 2026": f"{sign if approved else ''}{count(approved)}",
    }
