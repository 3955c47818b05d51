"""SIMULATED. What the rule reads under each preset of the parameters: nothing, half, as claimed, the opposite."""

import pandas as pd

from analysis.core.claims import agrees
from analysis.exhibits.cells import interval, number
from analysis.exhibits.display import Table

ORDER = {"null": "No effect", "half": "Half of what is claimed", "as_claimed": "As claimed", "opposite": "The opposite"}


def layout(presets: pd.DataFrame, claims: dict) -> Table:
    """Return a row per test and preset: true effect, interval, reading, and whether that is right, wrong or undecided."""
    rows, bold = [], []
    place = {name: i for i, name in enumerate(claims)}
    for preset, label in ORDER.items():
        part = presets[presets["preset"] == preset].sort_values(["claim", "rank"], key=lambda c: c.map(place) if c.name == "claim" else c)
        bold.append(len(rows))
        rows.append({"Claim": label})
        for row in part.to_dict("records"):
            rows.append(
                {
                    "Claim": row["claim"],
                    "Test": row["says"],
                    "True effect": number(row["true_effect"]),
                    "95 % interval": interval(row["ci_low"], row["ci_high"]),
                    "Reading": row["reading"],
                    "": judged(row),
                }
            )
    return Table(pd.DataFrame(rows).fillna(""), data=presets, bold=tuple(bold), widths={"Test": "1fr", "Reading": "25%"})


def judged(row: dict) -> str:
    """Return whether a reading agrees with the true value: right, wrong, or undecided."""
    return {None: "undecided", True: "right", False: "wrong"}[agrees(row["reading"], row["truth_says"])]
