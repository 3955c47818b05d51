"""Which lines of a table are totals or statistics of its firms: by their words, by their names or by their figures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from analysis.sources.firms.findings import Notebook
from analysis.sources.firms.grid import FILE, ROW
from analysis.sources.firms.layouts import columns_of
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

TICKER_OR_SUM = (
    "a firm's ticker or name, or a line of statistics (all, number of observations, minimum)? It counts as a firm: "
    "take the line out if it is none"
)
# Lines of a word that is a statistic elsewhere by which, their figures being none, it may be a firm; and is one.
STANDS, MANY = 5, 10
# Codes unlike the others that are weighed.
SHOWN = 50
# Figures, and lines of the table, from which on a statistic under a code that says nothing is no chance.
ENOUGH = 4
TOTAL, ASKED, FIRM = "total", "asked", "firm"


@dataclass
class Lines:
    """The lines of a table: their codes, what columns of names call them, their years and figures; `again` are headers among them.

    `named`: the codes are names of firms. `words` are the codes that are words for a statistic, or tickers that read like one.
    """

    codes: pd.Series
    again: pd.Series
    named: bool
    names: dict[str, pd.Series]
    years: pd.Series
    figures: pd.DataFrame

    @cached_property
    def _distinct(self) -> list[str]:
        return [value for value in self.codes[~self.again].dropna().unique() if value]

    @cached_property
    def words(self) -> list[str]:
        return [one for one in self._distinct if not one.isdigit() and (is_total(one, named=False) or may_be_ticker(one))]

    @cached_property
    def others(self) -> list[str]:
        """Return the codes that are no such words."""
        words = set(self.words)
        return [one for one in self._distinct if one not in words]

    @cached_property
    def kind(self) -> str:
        return kind_of(pd.Series(self.others, dtype="string"), self.named)

    @cached_property
    def firms(self) -> pd.Series:
        """Return which lines have a code that is no such word."""
        return ~self.again & self.codes.notna() & ~among(self.codes, self.words)

    def of(self, code: str) -> pd.Series:
        return self.codes.eq(code).fillna(False).astype(bool)

    def figures_say(self, own: pd.Series, others: pd.Series, word: str = "") -> bool:
        """Return whether lines are the statistic of others that a word names, or any."""
        return is_of(self.figures, self.years, own, others, word)


def totals_among(cells: pd.DataFrame, codes: pd.Series, layout: dict, code: str, again: pd.Series, book: Notebook) -> pd.Series:
    """Return which lines are totals or statistics; of those that may be a firm as well the first line is asked about, and all stay."""
    lines = _lines(cells, codes, layout, code, again)
    of_firms, of_totals = _called(lines)
    words = [word for word in lines.words if not any(named[lines.of(word)].all() for named in of_firms.values())]
    verdicts = {word: _verdict_on_word(word, lines) for word in words} | _verdicts_on_names(lines, of_totals)
    known = [one for one, verdict in verdicts.items() if verdict == TOTAL]
    known += _by_figures(lines, lines.firms & ~among(codes, known))
    for value in (one for one, verdict in verdicts.items() if verdict == ASKED):
        book.place("doubtful", TICKER_OR_SUM, codes.index[lines.of(value)][:1], cells[ROW], code, codes)
    a_firm = pd.concat(of_firms, axis=1).any(axis=1) if of_firms else pd.Series(False, index=cells.index)
    return among(codes, known) & ~(a_firm & among(codes, lines.words))


def _verdict_on_word(word: str, lines: Lines) -> str:
    """Return what a word for a statistic in the place of a code is: a total among codes of another kind or by its figures, a firm by years of others."""
    own = lines.of(word)
    if not could_be_firm(word, lines.others, lines.kind):
        return TOTAL
    if re.fullmatch(r"[A-Za-z]\d+", word):
        return FIRM
    if lines.figures_say(own, lines.firms, word):
        return TOTAL
    if may_be_ticker(word):
        return FIRM if own.sum() >= MANY else ASKED
    if lines.kind == "names" and own.sum() < STANDS:
        return TOTAL if is_total(word, lines.named) else FIRM
    return FIRM if lines.named and not is_total(word, lines.named) else ASKED


def _verdicts_on_names(lines: Lines, of_totals: dict[str, pd.Series]) -> dict[str, str]:
    """Return the verdict on each code that is no such word, and that a column of names calls a total."""
    found = {}
    for column, called in of_totals.items():
        for code in sorted(lines.codes[called & lines.firms].unique()):
            own = lines.of(code)
            name = str(lines.names[column][own & called].iloc[0])
            if _unlike_most(code, lines.others) or lines.figures_say(own, lines.firms & ~own, name):
                found[code] = TOTAL
            elif not name.isascii():  # one of Latin letters may be the name of a firm: Ensemble, Media
                found[code] = ASKED
    return found


def _by_figures(lines: Lines, firms: pd.Series) -> list[str]:
    """Return the codes, whatever they say, whose figures are sums of those of all others, or a statistic of them under a code unlike theirs."""
    if lines.figures.empty or not firms.any():
        return []
    unlike = _unlike_the_others(lines.codes[firms]) if lines.kind != "names" else []
    alike = firms & ~among(lines.codes, unlike)
    found = [code for code in unlike[:SHOWN] if _is_statistic(lines, lines.of(code), firms, alike)]
    return found + sums_of_all(lines.figures, lines.years, lines.codes, firms & ~among(lines.codes, found))


def _is_statistic(lines: Lines, own: pd.Series, firms: pd.Series, alike: pd.Series) -> bool:
    """Return whether lines are a statistic of those with `alike` codes, or of all others, by figures too many for chance."""
    figures = lines.figures[own]
    if (figures.notna() & (figures != 0)).sum().sum() < ENOUGH or firms.sum() <= ENOUGH:
        return False
    return lines.figures_say(own, alike) or lines.figures_say(own, firms & ~own)


def _unlike_the_others(codes: pd.Series) -> list[str]:
    """Return the codes of another shape than that of most; none where no shape is that of most."""
    shapes = pd.Series({code: shape_of(code) for code in codes.unique()})
    counts = shapes.value_counts()
    return list(shapes.index[shapes != counts.index[0]]) if counts.iloc[0] * 2 > len(shapes) else []


def _unlike_most(code: str, codes: list[str]) -> bool:
    return sum(shape_of(one) == shape_of(code) for one in codes) * 2 <= len(codes)


def _lines(cells: pd.DataFrame, codes: pd.Series, layout: dict, code: str, again: pd.Series) -> Lines:
    names, years, currencies = (columns_of(layout["columns"].get(one, {})) for one in ("name", "year", "currency"))
    held = [name for name in names if name in cells]
    figures = figures_of(cells, {ROW, FILE, code, *held, *years, *currencies})
    called = {name: cells[name].astype("string") for name in held if name != code}
    return Lines(codes, again, code in held, called, _years(cells, years), figures)


def _years(cells: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Return the year of each line as it is written; '' where the table has no column of years."""
    held = [name for name in columns if name in cells]
    if not held:
        return pd.Series("", index=cells.index)
    raw = cells[held[0]].astype("string")
    return raw.str.extract(r"(\d{4})")[0].fillna(raw).fillna("").astype(object)


def _called(lines: Lines) -> tuple[dict[str, pd.Series], dict[str, pd.Series]]:
    """Return, by column of names, which lines have the name of a firm, and which that of a total."""
    firms, totals = {}, {}
    for column, names in lines.names.items():
        distinct = list(names.dropna().unique())
        total = names.isin([name for name in distinct if names_total(name)])
        bare = names.isin([name for name in distinct if is_total(name, named=False)])
        firms[column], totals[column] = names.notna() & ~total & ~bare, names.notna() & total
    return firms, totals


def among(codes: pd.Series, values: list[str]) -> pd.Series:
    """Return which cells hold one of the values; few tables have any of them."""
    return codes.isin(values) if values else pd.Series(False, index=codes.index)
