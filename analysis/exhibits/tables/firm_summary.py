"""Biopharma firms before the event, treated and controls."""

import pandas as pd

from analysis.exhibits.cells import count, number
from analysis.exhibits.display import Table

SHOWN = {
    "rd": ("R&D (million euro)", 1),
    "sales": ("Net sales (million euro)", 1),
    "market_cap": ("Market capitalization (million euro)", 0),
    "rd_to_sales": ("R&D to sales", 2),
    "rd_to_market_cap": ("R&D to market capitalization", 3),
}


def layout(firm_stacks: pd.DataFrame) -> Table:
    """Return N, mean, s.d. and quartiles in the year before the event, by group."""
    before = firm_stacks[firm_stacks["event_time"] == -1]
    rows, bold = [], []
    for kind, heading in (
        ("treated", "Firms with a royalty monetisation"),
        ("never_listed", "Controls without a known event (in every stack they serve)"),
    ):
        group = before[before["control_kind"] == kind]
        bold.append(len(rows))
        rows.append({"In the year before the event": heading})
        for column, (label, digits) in SHOWN.items():
            values = group[column].dropna()
            quartiles = values.quantile([0.25, 0.5, 0.75])
            rows.append(
                {
                    "In the year before the event": label,
                    "N": count(len(values)),
                    "Mean": number(values.mean(), digits),
                    "s.d.": number(values.std(), digits),
                }
                | {name: number(value, digits) for name, value in zip(("p25", "Median", "p75"), quartiles, strict=True)}
            )
    return Table(pd.DataFrame(rows), bold=tuple(bold), widths={"In the year before the event": "1fr"})
