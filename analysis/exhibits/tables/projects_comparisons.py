"""Orphan drugs: the study's kind of comparison beside those that count every project."""

import pandas as pd

from analysis.exhibits.cells import select_one
from analysis.exhibits.display import Table
from analysis.exhibits.tables._ratios import HAZARD, TIME, effect_cells

MONTHS, POINTS = "months", "points"


def layout(
    projects_completed: pd.DataFrame,
    projects_completed_did: pd.DataFrame,
    projects_immortal: pd.DataFrame,
    projects_cycle: pd.DataFrame,
    projects_cycle_lognormal: pd.DataFrame,
    projects_cycle_loglogistic: pd.DataFrame,
    projects_cycle_one_share: pd.DataFrame,
    projects_aft: pd.DataFrame,
    projects_hazard: pd.DataFrame,
    projects_hazard_early: pd.DataFrame,
    projects_restricted: pd.DataFrame,
    projects_withdrawal: pd.DataFrame,
    outcomes: dict,
    specifications: dict,
) -> Table:
    """Return one line per comparison under its heading; all of them are of the same projects and events."""
    clustered = {"inference": "cluster"}
    titles = {name: about["title"] for name, about in specifications.items()}
    after = {"term": "designated_after"}
    blocks = {
        "The study's kind of comparison: approved projects only, or looking ahead": [
            (titles["projects_completed"], projects_completed, after | clustered, TIME),
            (titles["projects_completed_did"], projects_completed_did, after | clustered, TIME),
            (titles["projects_immortal"], projects_immortal, {"term": "ever_exposed"}, HAZARD),
        ],
        "Every project counts, approved or not; exposure from the event on": [
            (titles[name], table, {"term": "exposed"} | clustered, scale)
            for name, table, scale in (
                ("projects_cycle", projects_cycle, TIME),
                ("projects_cycle_lognormal", projects_cycle_lognormal, TIME),
                ("projects_cycle_loglogistic", projects_cycle_loglogistic, TIME),
                ("projects_cycle_one_share", projects_cycle_one_share, TIME),
                ("projects_aft", projects_aft, TIME),
                ("projects_hazard", projects_hazard, HAZARD),
                ("projects_hazard_early", projects_hazard_early, HAZARD),
            )
        ],
        "Designated after the event, horizons seen whole": [
            (outcomes[name]["label"], projects_restricted, after | clustered | {"outcome": name}, MONTHS if "months" in name else POINTS)
            for name in specifications["projects_restricted"]["outcomes"]
        ],
        "The other end": [(titles["projects_withdrawal"], projects_withdrawal, after, TIME)],
    }
    rows, bold = [], []
    for heading, lines in blocks.items():
        bold.append(len(rows))
        rows.append({"": heading})
        rows += [effect_cells(label, select_one(table, **row), scale) for label, table, row, scale in lines]
    data = pd.concat(list({id(table): table for lines in blocks.values() for _, table, _, _ in lines}.values()), ignore_index=True)
    return Table(pd.DataFrame(rows).fillna("").rename(columns={"Units": "Projects"}), data=data, bold=tuple(bold), widths={"": "1fr"})
