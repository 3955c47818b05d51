"""The cells of an exhibit's CSV that print a number of an estimate, and the estimate that each is from.

A row that names its model is traced by what it names and never by its values: many estimates share one number, as an
estimate does under every inference. Only a row that names no model, as the points of a figure, is traced by value.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pandas as pd

from analysis.core.precision import archived

# Columns of an estimate that a cell may print.
COLUMNS = ("estimate", "std_error", "ci_low", "ci_high", "p_value", "mde80")
# Columns by which a row names an estimate; verdicts name term and inference, of which `parameter` is made.
KEY = ("model_id", "outcome", "parameter", "term", "setting", "inference", "cohort", "event_time")


Models = dict[str, dict[str, dict[int, dict[str, str]]]]


def cells(path: Path, estimates: pd.DataFrame, by_model: Models, sources: list[str]) -> list[list]:
    """Return [row, column, position among all estimates, its column] for the cells of a CSV that print an estimate's number.

    `by_model` is `models(estimates)`, made once for all exhibits. Rows without a model are compared with the estimates of `sources`,
    the specifications that the exhibit is made from.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = list(csv.reader(stream)) or [[]]
    own = estimates[estimates["specification"].isin(sources)]
    by_value = _unique_values(own)
    found = []
    for number, row in enumerate(rows, start=1):
        named = dict(zip(header, row, strict=True))
        if named.get("model_id"):
            found += [[number, *cell] for cell in _by_key(named, by_model.get(named["model_id"], {}))]
        else:
            found += [[number, column, *by_value[value]] for column, value in named.items() if value in by_value]
    return found


def _printed(value: object) -> str:
    """Return a value as the CSV of an exhibit prints it."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return archived(value) if isinstance(value, float) else str(value)


def models(estimates: pd.DataFrame) -> Models:
    """Return model → printed estimate → position → what the CSV of an exhibit prints of that estimate."""
    found: Models = {}
    columns = [column for column in (*KEY, *COLUMNS) if column in estimates]
    for place, row in zip(estimates.index, estimates[columns].to_dict("records"), strict=True):
        texts = {column: _printed(value) for column, value in row.items()}
        found.setdefault(texts["model_id"], {}).setdefault(texts["estimate"], {})[int(place)] = texts
    return found


def _by_key(named: dict[str, str], model: dict[str, dict[int, dict[str, str]]]) -> list[list]:
    """Return [column, position, column] of one row; nothing unless one estimate alone has its key and its values."""
    key = [name for name in KEY if named.get(name)]
    columns = [name for name in COLUMNS if named.get(name)]
    near = [model.get(named["estimate"], {})] if named.get("estimate") else model.values()
    fits = [place for rows in near for place, own in rows.items() if all(own.get(name) == named[name] for name in (*key, *columns))]
    return [[name, fits[0], name] for name in columns] if len(fits) == 1 else []


def _unique_values(estimates: pd.DataFrame) -> dict[str, list]:
    """Return printed value → [position, column], of values that one estimate alone has.

    Cells keep seven digits, which tell one estimate from another; values of few digits do not and are left to the exhibit's chain.
    """
    known, repeated = {}, set()
    for place, row in zip(estimates.index, estimates[list(COLUMNS)].to_dict("records"), strict=True):
        for column, value in row.items():
            if value is not None and math.isfinite(value) and value != round(value, 4):
                text = _printed(float(value))
                repeated |= {text} & set(known)
                known[text] = [int(place), column]
    return {text: place for text, place in known.items() if text not in repeated}
