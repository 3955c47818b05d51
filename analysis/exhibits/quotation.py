"""Estimates and facts → the numbers that the paper's sentences print."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from analysis.core.blinding import MARK
from analysis.core.estimates import find, why
from analysis.core.precision import rounded
from analysis.core.storage import read_table, write_text
from analysis.exhibits.display import minus
from analysis.exhibits.products import absent_estimates

BOUNDS = {"above": lambda x, limit: x > limit, "below": lambda x, limit: x < limit, "equals": lambda x, limit: x == limit}
NOT_AVAILABLE = "n/a"


class FalseSentence(ValueError):
    """The data no longer say what the paper says."""


def quote(
    numbers: dict,
    exhibits: dict,
    estimates: dict[str, list[str]],
    facts: dict[str, str],
    path: str,
    blind: int | None = None,
    simulated: Iterable[str] = (),
) -> None:
    """Write `path` (JSON): every quoted number as text, every exhibit's title and note with its numbers in place, and which
    facts are simulated, those in `simulated` among them: the text puts them in their place and says so.

    A number whose data are absent prints as 'n/a' and is listed under `absent`, so that the paper can say so. In a blind run
    (`blind` is its seed) no sentence is held to the data: the file carries the mark that every page prints. Raises FalseSentence
    with every sentence that the data no longer support, before anything is written.
    """
    read = {f"{name}": pd.concat([read_table(p) for p in paths], ignore_index=True) for name, paths in estimates.items()}
    counted = {name: json.loads(Path(p).read_text(encoding="utf-8")) for name, p in facts.items()}
    absent = {name: absent_estimates(table) for name, table in read.items()} | {name: f["absent"] for name, f in counted.items()}
    texts, values, false = {}, {}, []
    for name, number in numbers.items():
        if absent[number["from"]]:
            texts[name], values[name] = NOT_AVAILABLE, None
            continue
        value, p_value = _fact(name, number, counted) if number["from"] in counted else _estimate(name, number, read, blind is not None)
        if isinstance(value, float) and math.isnan(value) and (blind is not None or "expect" not in number):
            texts[name], values[name] = NOT_AVAILABLE, None  # a reader's own firms may not identify it
            continue
        if blind is None:
            false += _falsehoods(name, number, value, p_value)
        texts[name], values[name] = _text(number, value), _rounded(value)
    if false:
        raise FalseSentence("\n".join(false))
    notes = {
        name: {k: _fill(v, texts, name) if isinstance(v, str) else v for k, v in exhibit.items()} for name, exhibit in exhibits.items()
    }
    marked = sorted({*simulated, *(name for name, f in counted.items() if f["evidence"] == "simulated")})
    content = {
        "simulated": marked,
        "blind": "" if blind is None else f"{MARK} (seed {blind})",
        "numbers": texts,
        "values": values,
        "exhibits": notes,
        "absent": {k: v for k, v in absent.items() if v},
    }
    write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, default=float) + "\n", path)


def _fact(name: str, number: dict, counted: dict) -> tuple[object, float]:
    facts = counted[number["from"]]["facts"]
    if number["key"] not in facts:
        raise LookupError(f"config/numbers.yaml: {name}: {number['from']} has no fact '{number['key']}'. Known: {', '.join(sorted(facts))}")
    return facts[number["key"]], float("nan")


def _estimate(name: str, number: dict, read: dict, blind: bool) -> tuple[object, float]:
    try:
        row = find(read[number["from"]], number, f"config/numbers.yaml: {name}")
    except LookupError:
        if blind:  # the unit that a number names may be no treated one, or not in the sample, once labels are permuted
            return float("nan"), float("nan")
        raise
    column = number.get("value", "estimate")
    if pd.isna(row[column]) and (blind or "expect" not in number) and pd.notna(row["reason"]):
        return float("nan"), float("nan")
    if pd.isna(row[column]):
        raise LookupError(f"config/numbers.yaml: {name}: '{column}' is blank ({why(row)})")
    value = row[column]
    return (value if isinstance(value, str) else float(value)), float(row["p_value"])


def _falsehoods(name: str, number: dict, value: object, p_value: float) -> list[str]:
    """Return why the sentence around the number is no longer true, a line per condition that fails."""
    found = []
    for bound, limit in number.get("expect", {}).items():
        if bound.startswith("p_value"):
            holds, shown = BOUNDS[bound.removeprefix("p_value_")](p_value, limit), f"its p-value is {p_value:.4g}"
        else:
            holds, shown = BOUNDS[bound](value, limit), f"the value is {value}"
        if not holds:
            found.append(
                f"The paper says '{number.get('says', name)}', but {shown}, not {bound.replace('_', ' ')} {limit} (config/numbers.yaml: {name})."
            )
    return found


def _rounded(value: object) -> object:
    return rounded(value) if isinstance(value, float) else value


def _text(number: dict, value: object) -> str:
    if isinstance(value, str):
        return value
    if value == 0 and "zero" in number:
        return number["zero"]
    return minus(number.get("format", "{:g}").format(value * number.get("scale", 1)))


def _fill(text: str, texts: dict[str, str], exhibit: str) -> str:
    def put(match: re.Match) -> str:
        if match[1] not in texts:
            raise LookupError(f"paper/exhibits.yaml: {exhibit}: no number '{match[1]}' in config/numbers.yaml")
        return texts[match[1]]

    return re.sub(r"\{(\w+)\}", put, text)
