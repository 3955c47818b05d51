"""Lines of a table that are no record: labels, the header once more, notes below the figures, totals and averages."""

from __future__ import annotations

import re
from math import isclose

import pandas as pd

from analysis.sources.firms.findings import Notebook
from analysis.sources.firms.grid import FILE, ROW
from analysis.sources.firms.headings import heading_of, money_of, plain
from analysis.sources.firms.in_force import UNIT_BELOW, currencies_in, other_unit
from analysis.sources.firms.layouts import columns_of, spellings
from analysis.sources.firms.sums import among, totals_among

OTHER_UNIT = "names another unit than the header (or, where that names none, the map) does: write it into the header"
OTHER_COLUMN = "a second header names another column here than the first one: make two files of it"
WORD = re.compile(r"[^\W\d_]{2}")
SUM = "a line of totals or averages, no firm"


def without_strays(cells: pd.DataFrame, layout: dict, book: Notebook, scales: dict[str, float], money: set[float]) -> pd.DataFrame:
    """Return the records; every other line is counted under its file and rule.

    A note that names another unit of money than `money`, the factors in force, is refused, and so is a line of units or a second
    header that says of a column something else than the header and the map do; `scales` are the factors that the header states.
    """
    code = next((name for name in columns_of(layout["columns"]["firm_id"]) if name in cells), "")
    if not code or "long" in layout or cells.empty:
        return cells
    text = cells[code].astype("string")
    wordy = text.notna() & ~text.str.contains(r"\d", regex=True).fillna(False).astype(bool)
    known = {value: plain(value) for value in text[wordy].unique()}
    own = set(spellings(code, layout))
    again = among(text, [value for value, word in known.items() if word in own])
    sums = totals_among(cells, text, layout, code, again, book)
    skipped = pd.Series(False, index=cells.index)
    for pattern in layout.get("skip", []):
        skipped |= text.str.fullmatch(pattern).fillna(False).astype(bool) & ~again & ~sums
    alone = _alone(cells, code, text) & ~again & ~sums & ~skipped
    beside = _alone_beside(cells, text)
    alone, text = alone | beside.notna(), text.fillna(beside)
    units = alone
    if alone.any():
        currencies = currencies_in(cells[~alone], layout)
        units = alone & text.map(lambda value: other_unit(value, money, currencies), na_action="ignore").fillna(False).astype(bool)
    if units.any():
        book.place("refused", UNIT_BELOW, units[units].index, cells[ROW], code, text)
    labels = _labels(cells, layout, wordy & ~again & ~sums & ~alone & ~skipped, book)
    _refuse_other_headers(cells[again | labels], layout, scales, book)
    for mask, rule in (
        (labels, "lines of labels below the header"),
        (again, "the header again"),
        (sums, SUM),
        (skipped, "a line that the map skips"),
        (alone, "a line of text, no record"),
    ):
        mask = mask[cells.index]
        if mask.any():
            book.note("filtered", rule, column=code, value=str(text[mask].iloc[0])[:60], count=int(mask.sum()))
            book.leave_out(rule, mask)
            cells, text = cells[~mask], text[~mask]
    return cells


def _refuse_other_headers(lines: pd.DataFrame, layout: dict, scales: dict[str, float], book: Notebook) -> None:
    """Refuse lines of labels whose cells name another unit than the column has, or another column: figures below would be wrong."""
    if lines.empty:
        return
    factors = {column: how["scale"] for how in layout["columns"].values() if "scale" in how for column in columns_of(how)} | scales
    held = [name for name in lines if name not in (ROW, FILE)]
    names = {spelling: name for name in reversed(held) for spelling in spellings(name, layout)}
    for name in held:
        for position, cell in lines[name].dropna().astype("string").items():
            heading = heading_of(cell, years=False)
            scale = heading.scale if heading.scale is not None else (money_of(plain(cell)) or (None,))[0]
            if scale is not None and not isclose(scale, abs(factors.get(name, 1.0))):
                book.place("refused", OTHER_UNIT, [position], lines[ROW], name, lines[name])
            elif plain(cell) not in spellings(name, layout) and names.get(heading.item, name) != name:
                book.place("refused", OTHER_COLUMN, [position], lines[ROW], name, lines[name])


def _alone(cells: pd.DataFrame, code: str, text: pd.Series) -> pd.Series:
    """Return which lines hold nothing but a word in the column of the codes."""
    others = [name for name in cells if name not in (code, ROW, FILE)]
    empty = text.notna()
    for name in others:
        if not empty.any():
            break
        empty &= cells[name].isna()
    return empty.astype(bool) if others else pd.Series(False, index=cells.index)


def _alone_beside(cells: pd.DataFrame, text: pd.Series) -> pd.Series:
    """Return the words of lines that hold nothing else, in another column than that of the codes; missing elsewhere."""
    lines = cells[text.isna()].drop(columns=[ROW, FILE], errors="ignore").astype("string")
    words = lines[lines.notna().sum(axis=1) == 1].bfill(axis=1).iloc[:, 0] if len(lines) else pd.Series(dtype="string")
    return words[[bool(WORD.search(word)) for word in words]].reindex(cells.index).astype("string")


def _labels(cells: pd.DataFrame, layout: dict, wordy: pd.Series, book: Notebook) -> pd.Series:
    """Return which lines are labels that an export may print below its header.

    They have words where records have a code or a date; an export without them loses no record.
    """
    if not layout.get("label_rows"):
        return pd.Series(False, index=cells.index)
    of = cells[FILE] if FILE in cells else pd.Series(book.file, index=cells.index)
    return wordy & (of.groupby(of, observed=True).cumcount() < layout["label_rows"])
