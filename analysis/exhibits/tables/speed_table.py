"""Seconds and memory by task, implementation and rows."""

import pandas as pd

from analysis.exhibits.display import Table


def layout(speed: pd.DataFrame) -> Table:
    """Return a line for each task and implementation: seconds and peak memory at each size, growth at the largest."""
    sizes = [rows for rows in sorted(speed["rows"].unique()) if (speed["rows"] == rows).sum() > 1]
    lines = []
    speed = speed.assign(ours=~speed["implementation"].str.startswith("this project")).sort_values(
        ["task", "ours", "implementation"], kind="stable"
    )
    for (task, implementation), part in speed.groupby(["task", "implementation"], sort=False):
        by = part.set_index("rows")
        line = {"Task": task, "Implementation": implementation}
        for size in sizes:
            line[f"{_short(size)} rows"] = _cell(by.loc[size]) if size in by.index else ""
        if not set(by.index) & set(sizes):
            odd = by.index[0]
            line[f"{_short(sizes[0])} rows"] = f"{_cell(by.iloc[0])} at {_short(odd)}"
        growth = part["growth"].dropna()
        line["Growth"] = f"{growth.iloc[-1]:.2f}" if len(growth) else ""
        lines.append(line)
    frame = pd.DataFrame(lines)
    again = frame["Task"].eq(frame["Task"].shift())
    frame.loc[again, "Task"] = ""
    return Table(
        frame, data=speed.drop(columns="ours"), widths={"Task": "1fr"}, rules=tuple(i for i, same in enumerate(again) if not same and i)
    )


def _cell(row: pd.Series) -> str:
    if pd.isna(row["seconds"]):
        return row["outcome"] if row["outcome"].startswith("over") else "failed"
    return f"{row['seconds']:.2f} s, {row['peak_gb']:.1f} GB"


def _short(rows: int) -> str:
    return f"{rows / 1e6:g}M" if rows >= 1e6 else f"{rows / 1e3:.0f}k"
