"""Lines of a table that are no record: labels, the header once more, notes below the figures, totals and averages."""

from __future__ import annotations

import pandas as pd

from analysis.sources.firms.findings import Notebook
from analysis.sources.firms.grid import FILE, ROW
from analysis.sources.firms.headings import plain
from analysis.sources.firms.recognition import columns_of, spellings
from analysis.sources.firms.titles import UNIT_BELOW, unit_said

# What stands where a code would: sums and means over firms.
TOTALS = (
    "grand total", "subtotal", "sub-total", "sum", "average", "mean", "median", "合计", "总计", "小计", "总和", "平均", "平均值", "均值",
    "中位数", "中值", "行业平均", "行业均值",
)  # fmt: skip
# A firm may be called so: no total where codes are names.
PERHAPS = ("total", "totals", "all firms", "all companies")


def without_strays(cells: pd.DataFrame, layout: dict, book: Notebook) -> pd.DataFrame:
    """Return the records; every other line is counted under its file and rule. A note that names a unit of money is refused."""
    code = next((name for name in columns_of(layout["columns"]["firm_id"]) if name in cells), "")
    if not code or "long" in layout or cells.empty:
        return cells
    text = cells[code].astype("string")
    wordy = text.notna() & ~text.str.contains(r"\d", regex=True).fillna(False).astype(bool)
    known = {value: plain(value) for value in text[wordy].unique()}
    own, named = set(spellings(code, layout)), columns_of(layout["columns"].get("name", {}))
    totals = set(TOTALS) | (set() if code in named else set(PERHAPS))
    again = _among(text, [value for value, word in known.items() if word in own])
    sums = _among(text, [value for value, word in known.items() if word.strip(" :") in totals])
    skipped = pd.Series(False, index=cells.index)
    for pattern in layout.get("skip", []):
        skipped |= text.str.fullmatch(pattern).fillna(False).astype(bool) & ~again & ~sums
    alone = _alone(cells, code, text) & ~again & ~sums & ~skipped
    units = alone & text.map(lambda value: bool(unit_said(value)), na_action="ignore").fillna(False).astype(bool) if alone.any() else alone
    if units.any():
        book.place("refused", UNIT_BELOW, units[units].index, cells[ROW], code, text)
    for mask, rule in (
        (_labels(cells, layout, wordy & ~again & ~sums & ~alone & ~skipped, book), "lines of labels below the header"),
        (again, "the header again"),
        (sums, "a line of totals or averages, no firm"),
        (skipped, "a line that the map skips"),
        (alone, "a line of text, no record"),
    ):
        mask = mask[cells.index]
        if mask.any():
            book.note("filtered", rule, column=code, value=str(text[mask].iloc[0])[:60], count=int(mask.sum()))
            book.leave_out(rule, mask)
            cells, text = cells[~mask], text[~mask]
    return cells


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
