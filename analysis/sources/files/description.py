"""What a file holds and how its columns are read, before anything is estimated."""

from __future__ import annotations

import pandas as pd

from analysis.core.specification import flag
from analysis.sources.files.asked import Reading
from analysis.sources.files.columns import Column
from analysis.sources.files.file import File, load

EXAMPLES = 3
WIDEST = 24


def describe(path: str, roles: dict[str, set[str]], asked: Reading) -> str:
    """Return the description of every column, with its roles, and of the file; what cannot be read as needed says so."""
    file = load(path, roles, asked)
    lines = [f"{path}: {_facts(file)}", *(f"note: {note}" for note in file.notes), ""]
    for column in file.columns:
        if column.refused:
            row, value, rule = column.refused
            lines.insert(-1, f"refused: row {file.lines[row]}, column '{column.name}', value '{value}': {rule}")
    table = pd.DataFrame([_row(column, len(file.lines)) for column in file.columns])
    return "\n".join([*lines, table.to_string(index=False)])


def _facts(file: File) -> str:
    facts = {**file.facts, "rows": f"{len(file.lines)} (lines {file.lines[0]} to {file.lines[-1]})"}
    return "; ".join(f"{name} {value}" for name, value in facts.items())


def _row(column: Column, rows: int) -> dict:
    values = column.values.dropna()
    return {
        "column": column.name,
        "role": " ".join(flag(role) for role in column.roles) or "-",
        "read as": column.read_as,
        "rows": rows,
        "blank": column.blank,
        "marked missing": ", ".join(f"{text} {count}" for text, count in column.markers.items()) or "-",
        "distinct": _distinct(values),
        "values": _range(values),
    }


def _distinct(values: pd.Series) -> object:
    try:
        return values.nunique()
    except TypeError:  # lists and the like
        return "?"


def _range(values: pd.Series) -> str:
    """Return smallest and largest number or date, else the first few names."""
    if values.empty:
        return "-"
    if values.dtype == object or pd.api.types.is_bool_dtype(values):
        seen = dict.fromkeys(str(value) for value in values.head(1000))
        return ", ".join(map(_cut, list(seen)[:EXAMPLES])) + (", ..." if len(seen) > EXAMPLES else "")
    low, high = values.min(), values.max()
    if pd.api.types.is_float_dtype(values):
        return f"{low:.6g} .. {high:.6g}"
    return f"{low} .. {high}".replace(" 00:00:00", "")


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= WIDEST else text[: WIDEST - 3] + "..."
