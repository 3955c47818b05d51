"""What the lines around a table say of the unit of its money: 单位：万元, (in thousands of USD), RMB million."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from math import isclose

from analysis.core.errors import DataError, violation
from analysis.sources.firms.findings import Finding
from analysis.sources.firms.grid import Grid
from analysis.sources.firms.headings import money_of, plain
from analysis.sources.firms.recognition import Match, columns_of

SAID = (
    re.compile(r"单位\s*[:为是]?\s*(?P<unit>[^\s,;。()\[\]]+)"),
    re.compile(
        r"\b(?:in|units?:?)\s+(?P<unit>(?:[a-z$€£¥]{1,4}\s+)?(?:(?:10|100|ten)\s+)?(?:10,?000|thousands?|millions?|billions?)(?:\s+of)?(?:\s+[a-z$€£]{1,5})?)"
    ),
    re.compile(
        r"\b(?:in|en)\s+(?P<unit>(?:(?:mio|mrd|tsd|mln)\.?|tausend|million[ei]n?|milliarden|milliers|millions|milliards|millones|t€|teur|k€|m€|crores?|lakhs?)(?:\s+(?:d[’']|de\s+)?[a-z$€£]{1,5})?)"
    ),
    re.compile(r"\b(?:in|units?:?)\s+(?P<unit>(?:[a-z]{3}|us\$|[$€£¥])\s*[’']?000s?)"),
    re.compile(r"^(?:currency|money|amounts?|figures?|values?|währung|einheit|monnaie|unité|moneda|币种)\s*:\s*(?P<unit>[^()\[\]]{1,24})$"),
    re.compile(r"^[(\[]?(?P<unit>[^()\[\]]{1,24})[)\]]?$"),
)

UNIT_BELOW = "names a unit below the table: write it into the headers"

UNIT_ASIDE = (
    "names another unit than the columns of money are read in, in a column that no field takes: write the unit into their headers "
    "(assets (USD thousand)), and take this column out"
)
# Headers of columns that say the unit of each row, in which a K or 1000 is one.
OF_UNITS = (
    "unit",
    "units",
    "currency unit",
    "currency_unit",
    "unit of money",
    "multiplier",
    "scale",
    "scaling",
    "单位",
    "金额单位",
    "货币单位",
    "einheit",
    "unité",
)
MULTIPLIERS = {"1000": 1e-3, "1,000": 1e-3, "10000": 1e-2, "1000000": 1.0, "1,000,000": 1.0, "1000000000": 1e3}
# What a cell beside a record must hold to be a unit rather than a code (MN, TH, K) or a word of another matter.
SURE = re.compile(
    r"thousand|million|billion|[’']?000|tausend|milli|mio\b|mrd\b|tsd\b|mln\b|lakh|crore|[千万亿]元|百万|亿|单位|[a-z]{3}[ -]?(?:m|mn|k|th|bn)$|\b[tkm](?:€|eur\b|usd\b)"
)
LONGEST = 40
SHEET = re.compile(r", sheet '(?P<title>.*)'$")
SHEET_SAYS = "its money is read in another unit than a sheet of the workbook names: write the unit into the headers"
LEADING = re.compile(
    r"^[(\[]?(?:(?:all|figures|amounts?|values|money|are|reported|stated|angaben|zahlen|chiffres|in|en|currency|unit|单位|金额单位)\b\s*:?\s*)+"
)

Unit = tuple[float | None, str]


def unit_said(text: str) -> Unit | None:
    """Return factor to million and currency that a line of text states for the figures of a table, or None."""
    for pattern in SAID:
        match = pattern.search(plain(text))
        if match and len(match["unit"]) < 2 and match["unit"].isascii():
            continue
        # A currency alone ("USD", in a cell of its own) says nothing of the unit.
        if match and (found := money_of(_known(match["unit"]))) and found[0] is not None:
            return found
    return None


@cache
def unit_beside(text: str, header: str, alone: bool) -> float | None:
    """Return the factor to million that a cell of a column without a use states; `alone`: the rest of its row is blank.

    Beside a record the cell must be nothing but a unit: a sentence may speak of thousands of anything.
    """
    word = plain(text)
    if alone or plain(header) in OF_UNITS:
        said = unit_said(text)
        return said[0] if said else (MULTIPLIERS.get(word) or (money_of(word) or (None,))[0] if plain(header) in OF_UNITS else None)
    if len(word) > LONGEST or not SURE.search(word):
        return None
    said = money_of(LEADING.sub("", word).strip("()[] "))
    return said[0] if said else None


def _known(unit: str) -> str:
    """Return the unit without a last word that is no currency ('in thousands except shares')."""
    words = unit.split()
    return unit if money_of(unit) or len(words) < 2 else " ".join(words[:-1])


def with_units(match: Match, grid: Grid, contract: dict) -> Match:
    """Return the match with the unit that lines above the header state, for columns of money whose header states none.

    Raises DataError where two such lines differ.
    """
    said = _above(grid, match.top)
    if not said or not contract:
        return match
    if len(set(said.values())) > 1:
        row = list(said)[-1]
        raise DataError(violation(grid.name, "another unit than a line above it states: write the unit into the headers", row=row))
    scale, currency = next(iter(said.values()))
    assert scale is not None
    money = [name for name, rule in contract["columns"].items() if rule.get("unit") == "million"]
    named = {column for name in money for column in columns_of(match.layout.get("columns", {}).get(name, {}))}
    held = named & (set(match.columns).union(*match.years.values()) if match.years else set(match.columns))
    currencies = {name: match.currencies.get(name, currency) for name in held if match.currencies.get(name, currency)}
    return replace(match, scales=dict.fromkeys(held, scale) | match.scales, currencies=match.currencies | currencies)


def in_force(match: Match, contract: dict) -> set[float]:
    """Return the factors to million of the columns of money that a table holds."""
    money = {name for name, rule in contract["columns"].items() if rule.get("unit") == "million"}
    held = set(match.columns).union(*match.years.values()) if match.years else set(match.columns)
    rules = [(how, column) for name, how in match.layout.get("columns", {}).items() if name in money for column in columns_of(how)]
    return {match.scales.get(column, abs(how.get("scale", 1.0))) for how, column in rules if column in held}


def units_aside(match: Match, grid: Grid, contract: dict) -> list[Finding]:
    """Return a finding for each column without a use, or note beside the table, that names another unit than its money is read in."""
    if grid.asides is None or not contract or "long" in match.layout or not (scales := in_force(match, contract)):
        return []
    used = {*match.columns.values(), *(place for of in match.years.values() for place in of.values())}
    header = dict(enumerate(grid.head[match.top][1]))
    found: dict[int, Finding] = {}
    for row, place, text, alone in grid.asides(match.top, used):
        said = unit_beside(text, header.get(place, ""), alone)
        if said is not None and place not in found and any(not isclose(said, scale) for scale in scales):
            found[place] = Finding(match.table, "refused", match.name, UNIT_ASIDE, row, header.get(place, "").strip() or None, text)
    return list(found.values())


def unit_of_sheet(grid: Grid, text: bool) -> tuple[str, float] | None:
    """Return what the title of a sheet, or with `text` its first lines, say of the unit of money: the words and the factor to million."""
    sheet = SHEET.search(grid.name)
    if sheet is None:
        return None
    lines = [cell for _, cells in grid.head for cell in _filled(cells)] if text else []
    said = ((line, unit_said(line)) for line in (sheet["title"], *lines) if SURE.search(plain(line)))
    return next(((line, unit[0]) for line, unit in said if unit and unit[0] is not None), None)


def doubted_sheets(said: list[tuple[Grid, str, float]], tables: list[tuple[Match, dict]]) -> list[Finding]:
    """Return a finding for each table of a workbook whose sheets name another unit than its money is read in."""
    return [
        Finding(match.table, "doubtful", match.name, f"{SHEET_SAYS} ({grid.name})", value=text)
        for grid, text, factor in said
        for match, contract in tables
        if match.path == grid.path and any(not isclose(factor, scale) for scale in in_force(match, contract))
    ]


def _above(grid: Grid, top: int) -> dict[int, Unit]:
    found: dict[int, Unit] = {}
    for row, cells in grid.head[:top]:
        units = [unit for cell in _filled(cells) if (unit := unit_said(cell))]
        if units:
            found[row] = units[0]
    return found


def _filled(cells: Iterable[str]) -> list[str]:
    return [cell for cell in cells if cell.strip()]
