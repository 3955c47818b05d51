"""Orphan drugs: what is left of the effect where the time of the event is questioned."""

import pandas as pd

from analysis.exhibits.cells import count, p_value, select_one
from analysis.exhibits.display import Table
from analysis.exhibits.tables._ratios import HAZARD, TIME, effect_cells

MONTHS, WITHIN = "months", "{}: designated after against before, sponsor effects"


def layout(
    projects_cycle: pd.DataFrame,
    projects_cycle_by_entry: pd.DataFrame,
    projects_under_way: pd.DataFrame,
    projects_lag_1: pd.DataFrame,
    projects_lag_2: pd.DataFrame,
    projects_without_near: pd.DataFrame,
    projects_all_years: pd.DataFrame,
    projects_by_drug: pd.DataFrame,
    projects_hazard: pd.DataFrame,
    projects_donut: pd.DataFrame,
    projects_matched: pd.DataFrame,
    projects_within_sponsor: pd.DataFrame,
    projects_firms_only: pd.DataFrame,
    projects_calendar: pd.DataFrame,
    projects_calendar_donut: pd.DataFrame,
    projects_restricted_firms: pd.DataFrame,
    projects_placebo: pd.DataFrame,
    projects_hazard_placebo: pd.DataFrame,
    outcomes: dict,
    specifications: dict,
) -> Table:
    """Return one line per comparison: with other sponsors, with comparable ones, with the same ones, and the placebo."""
    blocks = {
        "Against sponsors without a known event": [
            ("projects_cycle", projects_cycle, TIME),
            ("projects_under_way", projects_under_way, TIME),
            ("projects_lag_1", projects_lag_1, TIME),
            ("projects_lag_2", projects_lag_2, TIME),
            ("projects_without_near", projects_without_near, TIME),
            ("projects_all_years", projects_all_years, TIME),
            ("projects_by_drug", projects_by_drug, TIME),
            ("projects_hazard", projects_hazard, HAZARD),
            ("projects_donut", projects_donut, HAZARD),
        ],
        "Against comparable sponsors": [("projects_matched", projects_matched, HAZARD)],
        "Within sponsors, or among those with an event": [
            ("projects_within_sponsor", projects_within_sponsor, HAZARD),
            ("projects_firms_only", projects_firms_only, TIME),
            ("projects_calendar", projects_calendar, HAZARD),
            ("projects_calendar_donut", projects_calendar_donut, HAZARD),
            ("projects_restricted_firms", projects_restricted_firms, MONTHS),
        ],
        "Where no effect can be": [
            ("projects_placebo", projects_placebo, TIME),
            ("projects_hazard_placebo", projects_hazard_placebo, HAZARD),
        ],
    }
    rows, bold, wide = [], [], []
    for heading, lines in blocks.items():
        bold.append(len(rows))
        rows.append({"": heading})
        for name, table, scale in lines:
            about = specifications[name]
            outcome = (about.get("outcomes") or ["none"])[0]
            row = select_one(table, term=about["treatment"], inference="cluster", outcome=outcome)
            label = WITHIN.format(outcomes[outcome]["label"]) if scale == MONTHS else about["title"]
            cells = effect_cells(label, row, scale)
            rows.append(cells | {"Sponsors exposed": count(row["n_treated_clusters"])})
            if name == "projects_cycle":
                wide.append(len(rows))
                rows.append({"": _permuted(projects_cycle, projects_cycle_by_entry)})
    data = pd.concat([table for lines in blocks.values() for _, table, _ in lines], ignore_index=True)
    return Table(
        pd.DataFrame(rows).fillna("").rename(columns={"Units": "Projects"}),
        data=data,
        bold=tuple(bold),
        wide=tuple(wide),
        widths={"": "1fr"},
    )


def _permuted(over_all: pd.DataFrame, by_entry: pd.DataFrame) -> str:
    """Return in words the p-values of permuted days of events."""
    one, other = (select_one(table, term="exposed", inference="randomization_score") for table in (over_all, by_entry))
    return (
        f"days of events permuted among sponsors with one: p = {p_value(one['p_value'])}; of one period of entry: "
        f"p = {p_value(other['p_value'])} ({count(one['draws'])} draws)"
    )
