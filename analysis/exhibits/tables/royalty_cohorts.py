"""Treated firms by event year and instrument."""

import pandas as pd

from analysis.exhibits.display import Table


def layout(event_matches: pd.DataFrame) -> Table:
    """Return counts of the firms in the sample by event year and class of the first event."""
    used = event_matches[event_matches["in_sample"]]
    frame = pd.crosstab(used["event_year"].astype(str), used["instrument_class"])
    frame = frame[[c for c in ("royalty sale", "synthetic royalty", "notes or loan") if c in frame]]
    frame = frame.rename(columns=str.capitalize)
    frame["All"] = frame.sum(axis=1)
    frame.loc["All"] = frame.sum()
    frame = frame.rename_axis("Event year").reset_index().rename_axis(columns=None)
    return Table(frame, rules=(len(frame) - 1,), widths={"Event year": "1fr"})
