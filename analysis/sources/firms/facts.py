"""SEC company facts (one JSON per firm) → one record per fact; only the tags that a map reads are kept."""

from __future__ import annotations

import contextlib
import gc
import json
from collections.abc import Collection, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa

from analysis.core.errors import DataError, violation
from analysis.sources.firms.grid import ROW, Cells, Grid, only
from analysis.sources.firms.text import as_utf8

COLUMNS = ["cik", "entityName", "taxonomy", "tag", "unit", "start", "end", "quarters", "val", "fy", "fp", "form", "filed"]
TAXONOMIES = ("us-gaap", "ifrs-full")
DAYS_OF_QUARTER = 91.3


def open_facts(data: bytes, name: str, path: Path, tags: Collection[str]) -> Grid:
    """Return the facts of a firm under `tags`: cik, entityName, taxonomy, tag, unit, start, end, quarters, val, fy, fp, form, filed.

    A fact has no line of its own: it is named by its place in the file. Raises DataError for JSON that is none or of another kind.
    """
    with _without_collection():
        content = _content(data, name)
        columns_of = _columns(content, set(tags))
    del content

    def take(_: int, columns: dict[str, int], where: dict[str, Collection[str]], __: Collection[str]) -> Cells:
        made = {
            key: pd.Series(pd.array(pa.array(columns_of[place], pa.string()), dtype="string[pyarrow]")) for key, place in columns.items()
        }
        rows = pd.Series(columns_of[-1], dtype="int64")
        return Cells(only(pd.DataFrame({**made, ROW: rows}), where), count=len(columns_of[-1]))

    return Grid(name, path, ".json", [(0, COLUMNS)], take)


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """Pause the search for cycles, of which a tree of facts has none: it would be searched a dozen times while it grows."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _content(data: bytes, name: str) -> dict:
    """Return the file as it is, or raise DataError for what holds no facts of a firm."""
    try:
        content = json.loads(data)
    except UnicodeDecodeError:
        content = json.loads(as_utf8(data, name)[0])
    except json.JSONDecodeError as error:
        raise DataError(violation(name, f"is not valid JSON ({error.msg})", row=error.lineno)) from error
    if not isinstance(content, dict) or not {"cik", "facts"} <= set(content) or not isinstance(content["facts"], dict):
        rule = "holds no 'cik' and 'facts', which a company-facts file has"
        if isinstance(content, dict) and "filings" in content:
            rule += "; it is a list of submissions, which holds no figures"
        raise DataError(violation(name, rule))
    if not any(content["facts"].get(taxonomy) for taxonomy in TAXONOMIES):
        held = ", ".join(content["facts"]) or "none"
        raise DataError(violation(name, f"holds no fact in {' or '.join(TAXONOMIES)} (taxonomies: {held}): nothing to read"))
    return content


def _columns(content: dict, tags: set[str]) -> list[list]:
    """Return the columns of COLUMNS and the place of each fact in the file, of the facts under `tags`."""
    found: list[list] = [[] for _ in range(len(COLUMNS) + 1)]
    place = 0
    firm, title = str(content["cik"]), content.get("entityName")
    for taxonomy in TAXONOMIES:
        for tag, about in content["facts"].get(taxonomy, {}).items():
            for unit, facts in about.get("units", {}).items():
                if tag in tags:
                    for column, values in zip(found, _block((firm, title, taxonomy, tag, unit), facts, place), strict=True):
                        column += values
                place += len(facts)
    return found


def _block(about: tuple, facts: list[dict], place: int) -> list[list]:
    """Return the columns of the facts of one tag in one unit; column by column costs half of what fact by fact does."""
    starts, ends = [fact.get("start") for fact in facts], [fact.get("end") for fact in facts]
    return [
        *([one] * len(facts) for one in about),
        starts,
        ends,
        list(map(_quarters, starts, ends)),
        [_text(fact.get("val")) for fact in facts],
        *([_text(fact.get(key)) for fact in facts] for key in ("fy", "fp", "form", "filed")),
        list(range(place + 1, place + len(facts) + 1)),
    ]


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)


@lru_cache(maxsize=4096)
def _quarters(start: str | None, end: str | None) -> str:
    """Return the length of a fact's period in quarters; 0 for a balance."""
    if not start:
        return "0"
    try:
        days = (date.fromisoformat(end or "") - date.fromisoformat(start)).days
    except ValueError:  # the date itself is refused where it is read
        return "0"
    return str(round(days / DAYS_OF_QUARTER))
