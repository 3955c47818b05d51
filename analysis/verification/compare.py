"""Archived results against those of a rerun, cell by cell.

A cell agrees when its text is equal or its number within the tolerance of config/verification.yaml; what rests on random
draws may differ by their Monte Carlo error. Every difference is reported with its place.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

IDENTICAL, WITHIN, DRIFTED, MISSING, EXTRA, ABSENT, REDRAWN = (
    "identical",
    "within tolerance",
    "drifted",
    "missing",
    "extra",
    "not rerun: data absent",
    "bytes differ",
)
# A placeholder stands where data are absent (analysis.exhibits.display).
PLACEHOLDER = "Not available"


@dataclass(frozen=True)
class Difference:
    """One cell that differs: where it is, what was archived and what was rerun, and what was allowed."""

    place: str
    archived: str
    rerun: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.place}: archived {self.archived or 'blank'}, rerun {self.rerun or 'blank'} ({self.allowed})"


@dataclass(frozen=True)
class Result:
    """The comparison of one file."""

    path: str
    status: str
    cells: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def fails(self) -> bool:
        return self.status in (DRIFTED, MISSING, EXTRA)


def compare(archived: Path, rerun: Path, rules: dict) -> list[Result]:
    """Return one Result for each archived or rerun file that `rules` (config/verification.yaml) name, in order of path."""
    results = []
    for path in _both(archived, rerun, rules["tables"]):
        results.append(_file(archived, rerun, path, lambda a, b: _tables(a, b, rules)))
    results.append(_file(archived, rerun, rules["numbers"], lambda a, b: _numbers(a, b, rules)))
    absent = {Path(result.path).stem for result in results if result.status == ABSENT}
    for path in _both(archived, rerun, rules["bytes"]):
        if Path(path).stem not in absent:
            results.append(_file(archived, rerun, path, _bytes))
    return sorted(results, key=lambda result: result.path)


def _both(archived: Path, rerun: Path, patterns: list[str]) -> list[str]:
    found = {path.relative_to(root).as_posix() for root in (archived, rerun) for pattern in patterns for path in root.glob(pattern)}
    return sorted(found)


def _file(archived: Path, rerun: Path, path: str, against) -> Result:
    first, second = archived / path, rerun / path
    if not first.exists() and not second.exists():
        return Result(path, MISSING)
    if not second.exists():
        return Result(path, MISSING)
    if not first.exists():
        return Result(path, EXTRA)
    status, cells, differences = against(first, second)
    return Result(path, status, cells, differences)


def _bytes(first: Path, second: Path) -> tuple[str, int, list[Difference]]:
    return (IDENTICAL if first.read_bytes() == second.read_bytes() else REDRAWN), 0, []


def _tables(first: Path, second: Path, rules: dict) -> tuple[str, int, list[Difference]]:
    archived, rerun = _read(first), _read(second)
    cells = sum(len(row) for row in archived[1:])
    if archived == rerun:
        return IDENTICAL, cells, []
    if _is_placeholder(rerun) and not _is_placeholder(archived):
        return ABSENT, cells, []
    if archived[:1] != rerun[:1]:
        return DRIFTED, cells, [Difference("header", ", ".join(archived[0]), ", ".join(rerun[0]), "columns must be equal")]
    differences = list(_cells(archived, rerun, rules))
    if len(archived) != len(rerun):
        differences.append(Difference("rows", str(len(archived) - 1), str(len(rerun) - 1), "rows must be as many"))
    return (DRIFTED if differences else WITHIN), cells, differences


def _read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def _is_placeholder(rows: list[list[str]]) -> bool:
    return len(rows) <= 1 or PLACEHOLDER in rows[0]


def _cells(archived: list[list[str]], rerun: list[list[str]], rules: dict) -> Iterator[Difference]:
    header = archived[0]
    for number, (before, after) in enumerate(zip(archived[1:], rerun[1:], strict=False), start=1):
        row = dict(zip(header, before, strict=False))
        for column, old, new in zip(header, before, after, strict=False):
            allowed = _allowance(column, row, rules)
            if not agree(old, new, rules["tolerance"], allowed):
                key = next((value for value in before if value and _number(value) is None), "")
                said = f"allowed {max(allowed, rules['tolerance']):.2g}" if _number(old) is not None else "text must be equal"
                yield Difference(f"row {number}{f' ({key})' if key else ''}, column {column}", old, new, said)


def _allowance(column: str, row: dict[str, str], rules: dict) -> float:
    """Return by how much a cell may differ for its random draws."""
    for counted, columns in rules["drawn"].items():
        draws = _number(row.get(counted, ""))
        if not draws:
            continue
        if column in columns["shares"]:
            share = min(max(_number(row[column]) or 0.0, 1 / draws), 1 - 1 / draws)
            return rules["standard_errors"] * math.sqrt(share * (1 - share) / draws)
        if column in columns["ends"]:
            low, high = _number(row.get("ci_low", "")), _number(row.get("ci_high", ""))
            if low is not None and high is not None and math.isfinite(high - low):
                return rules["share_of_width"] * (high - low)
    return 0.0


def agree(old: str, new: str, tolerance: float, allowed: float = 0.0) -> bool:
    """Return whether two cells agree: equal text, or numbers within `tolerance` (absolute or relative) or `allowed`."""
    if old == new:
        return True
    first, second = _number(old), _number(new)
    if first is None or second is None:
        return False
    difference = abs(first - second)
    return difference <= max(tolerance * max(1.0, abs(first), abs(second)), allowed)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _numbers(first: Path, second: Path, rules: dict) -> tuple[str, int, list[Difference]]:
    """Compare paper/numbers.json key by key; a number that the rerun says is absent is no drift."""
    archived, rerun = (json.loads(path.read_text(encoding="utf-8")) for path in (first, second))
    cells = len(archived.get("numbers", {}))
    if archived == rerun:
        return IDENTICAL, cells, []
    differences = []
    for key in sorted(set(archived) | set(rerun)):
        before, after = archived.get(key, {}), rerun.get(key, {})
        if not isinstance(before, dict) or not isinstance(after, dict):
            if before != after:
                differences.append(Difference(key, str(before), str(after), "must be equal"))
            continue
        for name in sorted(set(before) | set(after)):
            old, new = _plain(before.get(name)), _plain(after.get(name))
            gone = key in ("numbers", "values") and rerun["values"].get(name) is None and bool(rerun.get("absent"))
            if key != "absent" and not gone and not agree(old, new, rules["tolerance"]):
                differences.append(Difference(f"{key}: {name}", old, new, f"allowed {rules['tolerance']:g}"))
    return (DRIFTED if differences else WITHIN), cells, differences


def _plain(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
