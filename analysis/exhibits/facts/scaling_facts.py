"""Times of estimates from the command line that text and titles quote, and the machine they were measured on."""

import pandas as pd

TASK, OURS = "Two-way fixed effects", "this project"


def count(scaling: pd.DataFrame) -> dict:
    """Return the machine, the rows of the largest file in millions, and the processor seconds of two-way fixed effects on it: this
    project's and the fewest of another package, NaN where none was measured.
    """
    measured = scaling.dropna(subset=["seconds"])
    largest = int(measured["rows"].max())
    at = measured[(measured["rows"] == largest) & (measured["task"] == TASK)].set_index("implementation")["cpu_seconds"]
    return {
        "machine": str(scaling["machine"].iloc[0]),
        "largest_million": largest / 1e6,
        "two_way_seconds": float(at[OURS]),
        "two_way_seconds_others": float(at[~at.index.str.startswith(OURS)].min()),
    }
