"""Seconds and memory of an estimate from the command line, by task, implementation and rows of the file."""

import pandas as pd

from analysis.exhibits.display import Table


def layout(scaling: pd.DataFrame) -> Table:
    """Return a line for each task and implementation: seconds that passed, seconds of processors and peak memory at each size."""
    sizes = sorted(scaling["rows"].unique())
    other = ~scaling["implementation"].str.startswith("this project")
    ordered = scaling.assign(other=other).sort_values(["task", "other", "implementation"], kind="stable")
    lines = []
    for (task, implementation), part in ordered.groupby(["task", "implementation"], sort=False):
        by = part.set_index("rows")
        cells = {_short(size): _cell(by.loc[size]) if size in by.index else "" for size in sizes}
        lines.append({"Task": task, "Implementation": implementation} | cells)
    frame = pd.DataFrame(lines)
    again = frame["Task"].eq(frame["Task"].shift())
    frame.loc[again, "Task"] = ""
    return Table(frame, data=scaling, widths={"Task": "1fr"}, rules=tuple(i for i, same in enumerate(again) if not same and i))


def _cell(row: pd.Series) -> str:
    if pd.isna(row["seconds"]):
        return row["outcome"] if row["outcome"].startswith("over") else "failed"
    memory = "" if pd.isna(row["peak_gb"]) else f", {row['peak_gb']:.1f} GB"
    return f"{row['seconds']:.1f} s ({row['cpu_seconds']:.1f}){memory}"


def _short(rows: int) -> str:
    return f"{rows / 1e6:g}M rows" if rows >= 1e6 else f"{rows / 1e3:.0f}k rows"
