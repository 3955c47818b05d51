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
    rows = [
        {
            "Step": step,
            "Designations": f"\N{MINUS SIGN}{count(len(part))}" if step.startswith("less") else count(len(part)),
            "Sponsors": count(part["sponsor"].nunique()),
            "Approved by March 2026": count(part["approved"].sum()),
        }
        for step, part in steps
    ]
    return Table(pd.DataFrame(rows), rules=(len(reasons) + 1,), widths={"Step": "1fr"})
