"""SEC company facts (one JSON per firm) → one record per fact; only the tags that a map reads are kept."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date
from pathlib import Path

import pandas as pd

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
    records = _records(content, set(tags))

    def take(_: int, columns: dict[str, int], where: dict[str, Collection[str]], __: Collection[str]) -> Cells:
        made = {key: pd.Series([record[place] for record in records], dtype="string[pyarrow]") for key, place in columns.items()}
        rows = pd.Series([record[-1] for record in records], dtype="int64")
        return Cells(only(pd.DataFrame({**made, ROW: rows}), where), count=len(records))

    return Grid(name, path, ".json", [(0, COLUMNS)], take)


def _records(content: dict, tags: set[str]) -> list[tuple]:
    found, place = [], 0
    firm, title = str(content["cik"]), content.get("entityName")
    for taxonomy in TAXONOMIES:
        for tag, about in content["facts"].get(taxonomy, {}).items():
            for unit, facts in about.get("units", {}).items():
                if tag not in tags:
                    place += len(facts)
                    continue
                for fact in facts:
                    place += 1
                    start, end = fact.get("start"), fact.get("end")
                    value = fact.get("val")
                    shown = None if value is None else repr(value) if isinstance(value, int | float) else str(value)
                    about_it = (firm, title, taxonomy, tag, unit, start, end, _quarters(start, end), shown)
                    found.append((*about_it, *(_text(fact.get(key)) for key in ("fy", "fp", "form", "filed")), place))
    return found


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _quarters(start: str | None, end: str | None) -> str:
    """Return the length of a fact's period in quarters; 0 for a balance."""
    if not start:
        return "0"
    try:
        days = (date.fromisoformat(end or "") - date.fromisoformat(start)).days
    except ValueError:  # the date itself is refused where it is read
        return "0"
    return str(round(days / DAYS_OF_QUARTER))
