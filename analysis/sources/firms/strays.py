"""Lines of a table that are no record: labels, the header once more, notes below the figures, totals and averages."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from math import isclose

import pandas as pd

from analysis.sources.firms.findings import Notebook
from analysis.sources.firms.grid import FILE, ROW
from analysis.sources.firms.headings import heading_of, money_of, plain
from analysis.sources.firms.layouts import columns_of, spellings
from analysis.sources.firms.titles import UNIT_BELOW, currencies_in, other_unit
from analysis.sources.firms.totals import (
    could_be_firm,
    figures_of,
    is_of,
    is_total,
    kind_of,
    may_be_ticker,
    names_total,
    shape_of,
    sums_of_all,
)

OTHER_UNIT = "names another unit than the header (or, where that names none, the map) does: write it into the header"
OTHER_COLUMN = "a second header names another column here than the first one: make two files of it"
SUM = "a line of totals or averages, no firm"
TICKER_OR_SUM = "a firm's ticker or name, or a line of statistics (all, number of observations, minimum)? It counts as a firm: take the line out if it is none"

# Lines of a word that is a statistic elsewhere by which, their figures being none, it may be a firm; and is one.
STANDS, MANY = 5, 10
# Codes unlike the others that are weighed.
SHOWN = 50
# Figures, and lines of the table, from which on a statistic under a code that says nothing is no chance.
ENOUGH = 4
# Column of names → which lines have the name of a firm in it, and which that of a total.
Called = dict[str, tuple[pd.Series, pd.Series]]


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
    again = _among(text, [value for value, word in known.items() if word in own])
    sums = _sums(cells, text, layout, code, again, book)
    skipped = pd.Series(False, index=cells.index)
    for pattern in layout.get("skip", []):
        skipped |= text.str.fullmatch(pattern).fillna(False).astype(bool) & ~again & ~sums
    alone = _alone(cells, code, text) & ~again & ~sums & ~skipped
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


def _sums(cells: pd.DataFrame, text: pd.Series, layout: dict, code: str, again: pd.Series, book: Notebook) -> pd.Series:
    """Return which lines are totals or statistics: by their words, by their names or by their figures; what may be a firm is asked about."""
    names = [name for name in columns_of(layout["columns"].get("name", {})) if name in cells]
    distinct = [value for value in text[~again].dropna().unique() if value]
    words = [value for value in distinct if not value.isdigit() and (is_total(value, named=False) or may_be_ticker(value))]
    codes = [value for value in distinct if value not in set(words)]
    kind = kind_of(pd.Series(codes, dtype="string"), code in names)
    firms = ~again & text.notna() & ~_among(text, words)
    called = {name: _called(cells[name]) for name in names if name != code}
    years = _years(cells, layout)
    leave = {ROW, FILE, code, *names, *columns_of(layout["columns"].get("year", {})), *columns_of(layout["columns"].get("currency", {}))}
    figures = figures_of(cells, leave)
    sure, unclear = [], []
    for value in words:
        own = _is(text, value)
        if any(firm[own].all() for firm, _ in called.values()):
            continue
        possible = could_be_firm(value, codes, kind)
        said = _judged(value, int(own.sum()), possible, kind, code in names, partial(is_of, figures, years, own, firms, value))
        (sure if said == "sure" else unclear if said else []).append(value)
    known, asked = _by_names(cells, text, called, codes, firms, partial(is_of, figures, years))
    sure, unclear = sure + known, unclear + asked
    sure += _by_figures(figures, years, text, firms & ~_among(text, sure), shaped=kind != "names")
    for value in unclear:
        where = text.index[(text == value).fillna(False)][:1]
        book.place("doubtful", TICKER_OR_SUM, where, cells[ROW], code, text)
    of_firms = pd.concat([firm for firm, _ in called.values()], axis=1).any(axis=1) if called else pd.Series(False, index=cells.index)
    return _among(text, sure) & ~(of_firms & _among(text, words))


def _judged(value: str, lines: int, possible: bool, kind: str, named: bool, figures_say: Callable[[], bool]) -> str:
    """Return 'sure' where a word for a statistic is one, 'unclear' where it may be a firm as well, '' where it is a firm."""
    if not possible:
        return "sure"
    if re.fullmatch(r"[A-Za-z]\d+", value):
        return ""
    if figures_say():
        return "sure"
    if not may_be_ticker(value) and kind == "names" and lines < STANDS:
        return "sure" if is_total(value, named) else ""
    return (
        "" if (may_be_ticker(value) and lines >= MANY) or (named and not is_total(value, named) and not may_be_ticker(value)) else "unclear"
    )


def _by_names(
    cells: pd.DataFrame, text: pd.Series, called: Called, codes: list[str], firms: pd.Series, figures_say: Callable[..., bool]
) -> tuple[list[str], list[str]]:
    """Return the codes that the column of names calls a total, as their kind or figures say as well, and those that may be firms."""
    sure, unclear = [], []
    for name, (_, total) in called.items():
        for value in sorted(text[total & firms].unique()):
            own = _is(text, value)
            said = str(cells.loc[own & total, name].iloc[0])
            if sum(shape_of(one) == shape_of(value) for one in codes) * 2 <= len(codes) or figures_say(own, firms & ~own, said):
                sure.append(value)
            elif not said.isascii():
                unclear.append(value)  # a name of Latin letters may be that of a firm: Ensemble, Media
    return sure, unclear


def _by_figures(figures: pd.DataFrame, years: pd.Series, text: pd.Series, firms: pd.Series, shaped: bool) -> list[str]:
    """Return the codes, whatever they say, whose figures are sums of those of all others, or, where codes are `shaped`, a statistic of them under a code unlike theirs."""
    if figures.empty or not firms.any():
        return []
    shapes = pd.Series({value: shape_of(value) for value in text[firms].unique()})
    counts = shapes.value_counts()
    unlike = list(shapes.index[shapes != counts.index[0]]) if shaped and counts.iloc[0] * 2 > len(shapes) else []
    alike = firms & ~_among(text, unlike)
    found = []
    for value in unlike[:SHOWN]:
        own = _is(text, value)
        if (
            (figures[own] != 0).where(figures[own].notna(), False).sum().sum() >= ENOUGH
            and firms.sum() > ENOUGH
            and (is_of(figures, years, own, alike) or is_of(figures, years, own, firms & ~own))
        ):
            found.append(value)
    return found + sums_of_all(figures, years, text, firms & ~_among(text, found))


def _called(names: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return which lines have the name of a firm, and which the name of a total."""
    own = names.astype("string")
    total = own.isin([name for name in own.dropna().unique() if names_total(name)])
    bare = own.isin([name for name in own.dropna().unique() if is_total(name, named=False)])
    return own.notna() & ~total & ~bare, own.notna() & total


def _is(text: pd.Series, value: str) -> pd.Series:
    return text.eq(value).fillna(False).astype(bool)


def _years(cells: pd.DataFrame, layout: dict) -> pd.Series:
    """Return the year of each line as it is written; '' where the table has no column of years."""
    held = [name for name in columns_of(layout["columns"].get("year", {})) if name in cells]
    if not held:
        return pd.Series("", index=cells.index)
    raw = cells[held[0]].astype("string")
    return raw.str.extract(r"(\d{4})")[0].fillna(raw).fillna("").astype(object)


def _among(text: pd.Series, values: list[str]) -> pd.Series:
    """Return which cells hold one of the values; few tables have any of them."""
    return text.isin(values) if values else pd.Series(False, index=text.index)


def _alone(cells: pd.DataFrame, code: str, text: pd.Series) -> pd.Series:
    """Return which lines hold nothing but a word in the column of the codes."""
    others = [name for name in cells if name not in (code, ROW, FILE)]
    empty = text.notna()
    for name in others:
        if not empty.any():
            break
        empty &= cells[name].isna()
    return empty.astype(bool) if others else pd.Series(False, index=cells.index)


def _labels(cells: pd.DataFrame, layout: dict, wordy: pd.Series, book: Notebook) -> pd.Series:
    """Return which lines are labels that an export may print below its header.

    They have words where records have a code or a date; an export without them loses no record.
    """
    if not layout.get("label_rows"):
        return pd.Series(False, index=cells.index)
    of = cells[FILE] if FILE in cells else pd.Series(book.file, index=cells.index)
    return wordy & (of.groupby(of, observed=True).cumcount() < layout["label_rows"])
