"""Archived results against those of a rerun, cell by cell.

A cell agrees when its text is equal or its number within the relative tolerance of config/verification.yaml, and a picture when
it shows the same. Where libraries may be of other versions, what rests on random draws may differ by their Monte Carlo error
and pictures in whatever they do. Every difference is reported with its place, also one that agrees.
"""

from __future__ import annotations

import base64
import csv
import difflib
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from analysis.review.verification.allowance import agree, allowance, parsed
from analysis.review.verification.missing_inputs import MissingInputs
from analysis.review.verification.pictures import objects, pixels

IDENTICAL, WITHIN, DRIFTED, MISSING, EXTRA, ABSENT, REDRAWN = (
    "identical",
    "within tolerance",
    "drifted",
    "missing",
    "extra",
    "not rerun: data absent",
    "bytes differ",
)
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w])")
# How much may differ: nothing; what another processor moves, at equal libraries and draws; what other versions of libraries move.
BYTES, PROCESSOR, VERSIONS = "bytes", "processor", "versions"
PICTURE, CODE = "png", "code"  # what a dossier holds beside results, by the name of its leaf: pictures, and fingerprints of code
PACKED = re.compile(r'id="data">([^<]*)<')  # the data of a dossier


@dataclass(frozen=True)
class Difference:
    """One cell that differs: where it is, what was archived and what was rerun, and what was allowed."""

    place: str
    archived: str
    rerun: str
    allowed: str
    agrees: bool = False

    def __str__(self) -> str:
        within = "within tolerance, " if self.agrees else ""
        return f"{self.place}: archived {self.archived or 'blank'}, rerun {self.rerun or 'blank'} ({within}{self.allowed})"


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


def compare(archived: Path, rerun: Path, rules: dict, missing_inputs: MissingInputs | None = None, level: str = PROCESSOR) -> list[Result]:
    """Return one Result for each archived or rerun file that `rules` (config/verification.yaml) name, in order of path.

    `missing_inputs` is what rests on data that the rerun had not (see verification.missing_inputs): only that may differ for want of
    data. `level` is what may differ: BYTES, PROCESSOR or VERSIONS; a result that is WITHIN or REDRAWN is not equal by BYTES.
    """
    missing_inputs = missing_inputs or MissingInputs()
    rules = rules | {"level": level} | ({} if level == VERSIONS else {"drawn": {}})
    results = [_file(archived, rerun, path, lambda a, b: _tables(a, b, rules)) for path in _both(archived, rerun, rules["tables"])]
    # Where the cells behind a printed table are the same, so is what it prints.
    same = {Path(result.path).stem for result in results if result.status in (IDENTICAL, REDRAWN)}
    results += [
        _file(archived, rerun, path, lambda a, b: _numbers(a, b, rules, missing_inputs))
        for path in _both(archived, rerun, rules["numbers"])
    ]
    for path in _both(archived, rerun, rules["texts"]):
        rounds = Path(path).stem not in same
        results.append(_file(archived, rerun, path, partial(_texts, rules=rules, rounds=rounds)))
    for path in _both(archived, rerun, rules["overviews"]):
        results.append(_file(archived, rerun, path, lambda a, b: _texts(a, b, rules)))
    for path in _both(archived, rerun, [rules["page"]]):
        results.append(_file(archived, rerun, path, lambda a, b: _pages(a, b, rules)))
    results += [_file(archived, rerun, path, lambda a, b: _pictures(a, b, rules)) for path in _both(archived, rerun, rules["pictures"])]
    return sorted((_for_want_of_data(result, rules, missing_inputs) for result in results), key=lambda result: result.path)


def _for_want_of_data(result: Result, rules: dict, missing_inputs: MissingInputs) -> Result:
    """Return the result as ABSENT where the file differs and rests on data that the rerun had not."""
    everything = (*rules["overviews"], rules["page"], *rules["papers"])
    rests = Path(result.path).stem in missing_inputs.exhibits or (bool(missing_inputs.exhibits) and result.path in everything)
    return Result(result.path, ABSENT) if rests and result.status in (DRIFTED, WITHIN, REDRAWN) else result


def _both(archived: Path, rerun: Path, patterns: list[str]) -> list[str]:
    found = {path.relative_to(root) for root in (archived, rerun) for pattern in patterns for path in root.glob(pattern)}
    return sorted(path.as_posix() for path in found if not path.name.startswith("."))  # what a run is writing is no result yet


def _file(archived: Path, rerun: Path, path: str, against: Callable[[Path, Path], tuple]) -> Result:
    first, second = archived / path, rerun / path
    if not first.exists() and not second.exists():
        return Result(path, MISSING)
    if not second.exists():
        return Result(path, MISSING)
    if not first.exists():
        return Result(path, EXTRA)
    status, cells, differences = against(first, second)
    if first.read_bytes() == second.read_bytes():
        return Result(path, IDENTICAL, cells)
    return Result(path, REDRAWN if status == IDENTICAL else status, cells, differences)


def _status(differences: list[Difference]) -> str:
    if not differences:
        return REDRAWN
    return WITHIN if all(difference.agrees for difference in differences) else DRIFTED


def _tables(first: Path, second: Path, rules: dict) -> tuple[str, int, list[Difference]]:
    archived, rerun = _read(first), _read(second)
    cells = sum(len(row) for row in archived[1:])
    if archived == rerun:
        return IDENTICAL, cells, []
    if archived[:1] != rerun[:1]:
        return DRIFTED, cells, [Difference("header", ", ".join(archived[0]), ", ".join(rerun[0]), "columns must be equal")]
    differences = list(_rows(archived, rerun, rules))
    return _status(differences), cells, differences


def _rows(archived: list[list[str]], rerun: list[list[str]], rules: dict) -> Iterator[Difference]:
    """Yield differences by cell; where one side lacks rows, each of those as a whole, the others against their own."""
    if len(archived) == len(rerun):
        yield from _cells(archived[0], list(enumerate(archived))[1:], rerun[1:], rules)
        return
    yield Difference("rows", str(len(archived) - 1), str(len(rerun) - 1), "rows must be as many")
    before, after = [tuple(row) for row in archived], [tuple(row) for row in rerun]
    for _, start, stop, new_start, new_stop in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        both = min(stop - start, new_stop - new_start)
        if before[start:stop] == after[new_start:new_stop]:
            continue
        yield from _cells(archived[0], list(enumerate(archived))[start : start + both], rerun[new_start : new_start + both], rules)
        for number in range(start + both, stop):
            yield Difference(f"row {number}", _short(archived[number]), "no such row", "every row must be there")
        for number in range(new_start + both, new_stop):
            yield Difference(f"row {number} of the rerun", "no such row", _short(rerun[number]), "every row must be there")


def _short(row: list[str]) -> str:
    return ", ".join(value for value in row if value)[:120]


def _read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def _cells(header: list[str], archived: list[tuple[int, list[str]]], rerun: list[list[str]], rules: dict) -> Iterator[Difference]:
    """Yield the cells that differ between rows `archived` (number, cells) and those of the `rerun`."""
    for (line, before), after in zip(archived, rerun, strict=True):
        row = dict(zip(header, before, strict=False))
        if len(before) != len(after):
            yield Difference(f"row {line}", f"{len(before)} cells", f"{len(after)} cells", "cells must be as many")
        for column, old, new in zip(header, before, after, strict=False):
            if old == new:
                continue
            allowed = allowance(column, row, rules)
            key = next((value for value in before if value and parsed(value) is None), "")
            said = (f"allowed {allowed:.2g}" if allowed else _relative(rules)) if parsed(old) is not None else "text must be equal"
            place = f"row {line}{f' ({key})' if key else ''}, column {column}"
            yield Difference(place, old, new, said, agree(old, new, rules, allowed))


def _relative(rules: dict) -> str:
    return f"allowed {rules['tolerance']:g} of it"


def _numbers(first: Path, second: Path, rules: dict, missing_inputs: MissingInputs) -> tuple[str, int, list[Difference]]:
    """Compare paper/numbers.json key by key; only what rests on data that the rerun had not may be without a number."""
    archived, rerun = (json.loads(path.read_text(encoding="utf-8")) for path in (first, second))
    cells = len(archived.get("numbers", {}))
    differences = []
    for key in sorted(set(archived) | set(rerun)):
        before, after = archived.get(key, {}), rerun.get(key, {})
        if not isinstance(before, dict) or not isinstance(after, dict):
            if before != after:
                differences.append(Difference(key, str(before), str(after), "must be equal"))
            continue
        for name in sorted(set(before) | set(after)):
            old, new = _plain(before.get(name)), _plain(after.get(name))
            if old != new and name not in missing_inputs.names(key):
                agrees = agree(old, new, rules)
                differences.append(Difference(f"{key}: {name}", *_around(old, new), _relative(rules), agrees))
    if archived == rerun:
        return IDENTICAL, cells, []
    return (_status(differences) if differences else ABSENT), cells, differences


def _plain(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _texts(first: Path, second: Path, rules: dict, rounds: bool = False) -> tuple[str, int, list[Difference]]:
    """Compare two texts line by line: words must be equal, numbers too, or with `rounds` to one of their last printed digit."""
    archived, rerun = (path.read_text(encoding="utf-8") for path in (first, second))
    if archived == rerun:
        return IDENTICAL, len(NUMBER.findall(archived)), []
    differences = list(_lines(archived, rerun, rules, rounds))
    return _status(differences), len(NUMBER.findall(archived)), differences


def _lines(archived: str, rerun: str, rules: dict, rounds: bool = False) -> Iterator[Difference]:
    before, after = archived.splitlines(), rerun.splitlines()
    if len(before) != len(after):
        yield Difference("lines", str(len(before)), str(len(after)), "lines must be as many")
    for number, (old, new) in enumerate(zip(before, after, strict=False), start=1):
        if old == new:
            continue
        if NUMBER.split(old) != NUMBER.split(new):
            yield Difference(f"line {number}", *_around(old, new), "words must be equal")
            continue
        for one, other in zip(NUMBER.findall(old), NUMBER.findall(new), strict=True):
            digit = 10.0 ** -len(one.partition(".")[2]) if rounds and "." in one else 0.0
            if one != other:
                agrees = agree(one.replace(",", ""), other.replace(",", ""), rules, 1.001 * digit)
                yield Difference(f"line {number}", one, other, f"allowed {digit:.2g}" if digit else _relative(rules), agrees)


def _around(old: str, new: str) -> tuple[str, str]:
    """Return both lines from a little before where they part."""
    place = max(next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))) - 20, 0)
    return old[place : place + 60], new[place : place + 60]


def _pages(first: Path, second: Path, rules: dict) -> tuple[str, int, list[Difference]]:
    """Compare what two dossiers hold, leaf by leaf."""
    if first.read_bytes() == second.read_bytes():
        return IDENTICAL, 0, []
    archived, rerun = (path.read_text(encoding="utf-8") for path in (first, second))
    old, new = (PACKED.search(text) for text in (archived, rerun))
    if not (old and new):
        return DRIFTED, 0, [Difference("data", "there" if old else "none", "there" if new else "none", "both must hold data")]
    differences = list(_lines(PACKED.sub("", archived), PACKED.sub("", rerun), rules))
    try:
        held = [json.loads(gzip.decompress(base64.b64decode(found[1]))) for found in (old, new)]
    except (OSError, EOFError, ValueError, zlib.error) as error:
        return DRIFTED, 0, [Difference("data", "unreadable", "", str(error))]
    differences += _leaves(held[0], held[1], "data", rules)
    return _status(differences), 0, differences


def _leaves(old: object, new: object, place: str, rules: dict) -> Iterator[Difference]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(set(old) | set(new)):
            if name in (PICTURE, CODE) and rules["level"] == VERSIONS:
                continue
            if name == PICTURE and isinstance(old.get(name), str) and isinstance(new.get(name), str):
                yield from _picture(old[name], new[name], f"{place}: {name}", rules)
            else:
                yield from _leaves(old.get(name), new.get(name), f"{place}: {name}", rules)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _leaves(one, other, f"{place}, {number}", rules)
    else:
        agrees = agree(_plain(old), _plain(new), rules)
        yield Difference(place, *_around(_plain(old), _plain(new)), _relative(rules), agrees)


def _picture(old: str, new: str, place: str, rules: dict) -> Iterator[Difference]:
    """Yield the place where two pictures in base64 part, if they show something else."""
    try:
        where = pixels(base64.b64decode(old), base64.b64decode(new), rules["shades"]) if old != new else ""
    except ValueError:
        where = "unreadable"
    if where:
        yield Difference(f"{place}, {where}", "one picture", "another", "pictures must show the same")


def _pictures(first: Path, second: Path, rules: dict) -> tuple[str, int, list[Difference]]:
    """Compare two pictures or documents by what they show; with other versions of libraries they may show it otherwise."""
    before, after = first.read_bytes(), second.read_bytes()
    if before == after or rules["level"] == VERSIONS:
        return REDRAWN, 0, []
    where = pixels(before, after, rules["shades"]) if first.suffix == ".png" else objects(before, after, rules["points"])
    return (DRIFTED, 0, [Difference(where, "one picture", "another", "both must show the same")]) if where else (REDRAWN, 0, [])
