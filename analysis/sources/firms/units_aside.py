"""What stands beside a table and names a unit of its money: columns that no field takes, number formats, comments, what is printed around it."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from analysis.sources.firms.findings import Finding
from analysis.sources.firms.grid import ROW, Grid
from analysis.sources.firms.headings import money_of, plain, simplified
from analysis.sources.firms.in_force import differs, factors, held, in_force, other_unit
from analysis.sources.firms.recognition import Match
from analysis.sources.firms.unit_words import CURRENCY, unit_said, units_said

UNIT_PRINTED = "its number format prints another unit than the column is read in: write the unit into the header (assets (USD thousand))"
UNIT_IN_COMMENT = "a comment on the cell names another unit or currency than its money is read in: write the unit into the header"
UNIT_PRINTED_AROUND = (
    "what is printed above or below the sheet names another unit or currency than its money is read in: write the unit into the headers"
)
UNIT_ASIDE = (
    "names another unit than the columns of money are read in, in a column that no field takes: write the unit into their headers "
    "(assets (USD thousand)), and take this column out"
)
# Headers of columns that say the unit of each row, in which a K or 1000 is one.
OF_UNITS = (
    "unit", "units", "currency unit", "unit of money", "units of measure", "unit of measure", "multiplier", "mult", "scale", "scaling",
    "scale factor", "currency scale", "magnitude", "denomination", "presentation", "reporting unit", "data unit", "dataunit", "money unit",
    "amount unit", "currency units", "unit currency", "单位", "金额单位", "货币单位", "数量级", "报表单位", "einheit", "unité", "단위", "単位",
)  # fmt: skip
# Headers of columns that say it as a power of ten (SDMX: UNIT_MULT).
OF_POWERS = ("unit mult", "unit power", "unit multiplier", "unitmult", "power", "power of ten", "exponent", "powercode code", "powercode")
POWERS = {str(power): 10.0 ** (power - 6) for power in (2, 3, 4, 5, 6, 7, 8, 9, 12)}
POWERS |= {f"{sign}{power}": scale for power, scale in list(POWERS.items()) for sign in ("e", "10^", "1e", "1e+", "1e+0", "1e0")} | {
    "0": 1e-6
}
MULTIPLIERS = {"1000": 1e-3, "10000": 1e-2, "100000": 1e-1, "1000000": 1.0, "10000000": 10.0, "100000000": 1e2, "1000000000": 1e3}
MULTIPLIERS |= {f"{int(word):,}": scale for word, scale in MULTIPLIERS.items()}
MULTIPLIERS |= {word: scale for word, scale in POWERS.items() if not word.isdigit()}
# Digits after the point that are exact: -3 says that figures are rounded to thousands, and often that they are in thousands.
OF_DECIMALS = ("decimals",)
DECIMALS = "a negative number of decimals: are the figures in thousands or millions of the unit that the headers state? check it"
FEW_LETTERS = 4
UNTOLD = "seems to tell the unit of each row in words that are not understood; money is read in the unit of the headers: check it"
# What a cell beside a record must hold to be a unit rather than a code (MN, TH, K) or a word of another matter.
SURE = re.compile(
    r"thousand|million|billion|[’']?000|tausend|milli|mio\b|mrd\b|tsd\b|mln\b|lakh|crore|[千万亿]元|百万|亿|[千万亿]円|[천만억]원|тыс|млн|млрд|\btys\b|单位|[a-z]{3}[ -]?(?:m|mn|k|th|bn)$|\b[tkm](?:€|eur\b|usd\b)"
)
OF_ANOTHER = re.compile(r".[ ](?:units?|sold|scale|multiplier)$")
LEADING_NUMBER = re.compile(r"^[\d.,\s]+")
# A sentence on the figures of the whole table.
EXPRESSED = re.compile(r"^(?:all |the )?(?:amounts?|figures|values|money|monetary)\b.*\b(?:in|are)\b")
LONGEST = 40
LEADING = re.compile(
    r"^[(\[]?(?:(?:all|figures|amounts?|values|money|are|reported|stated|angaben|zahlen|chiffres|in|en|currency|unit|单位|金额单位)\b\s*:?\s*)+"
)


@cache
def unit_beside(text: str, header: str, alone: bool) -> float | None:
    """Return the factor to million that a cell of a column without a use states; `alone`: the rest of its row is blank.

    Beside a record the cell must be nothing but a unit: a sentence may speak of thousands of anything.
    """
    word, heading = plain(text), _named(header)
    if heading in OF_POWERS:
        return POWERS.get(word.removesuffix(".0"))
    if alone or heading in OF_UNITS:
        said = unit_said(text)
        if said is None and heading in OF_UNITS:
            return MULTIPLIERS.get(word.removesuffix(".0")) or (money_of(word) or (None,))[0]
        return said[0] if said else None
    # A column of the units of something else (employees_unit, gdp_unit), and an amount of something (100 million).
    if OF_ANOTHER.search(heading) or (word[:1].isdigit() and not CURRENCY.search(LEADING_NUMBER.sub("", word))):
        return None
    if EXPRESSED.search(word) and (units := units_said(text, of_all=True)):
        return units[0][0]
    if len(word) > LONGEST or not SURE.search(simplified(word)):
        return None
    found = money_of(LEADING.sub("", word).strip("()[] "))
    return found[0] if found else None


def _named(header: str) -> str:
    return " ".join(plain(header).replace("_", " ").split())


def units_aside(match: Match, grid: Grid, contract: dict, currencies: Collection[str] = ()) -> list[Finding]:
    """Return a finding for each column without a use, or note beside the table, that names another unit than its money is read in.

    A note names a currency as well: another one than `currencies`, those of the table, is one too.
    """
    if grid.asides is None or not contract or "long" in match.layout or not (scales := in_force(match, contract)):
        return []
    used = {*match.columns.values(), *(place for of in match.years.values() for place in of.values())}
    header = dict(enumerate(grid.head[match.top][1]))
    found: dict[int, Finding] = {}
    for row, place, text, alone in grid.asides(match.top, used):
        said = unit_beside(text, header.get(place, ""), alone)
        if place not in found and ((said is not None and differs(said, scales)) or (alone and other_unit(text, scales, currencies))):
            found[place] = Finding(match.table, "refused", match.name, UNIT_ASIDE, row, header.get(place, "").strip() or None, text)
    for place, name in header.items():
        if place not in used and place not in found and _named(name) in (*OF_UNITS, *OF_POWERS, *OF_DECIMALS):
            one = _of_column(match, grid, place, name.strip(), scales)
            found |= {place: one} if one else {}
    return list(found.values())


def units_printed(match: Match, grid: Grid, contract: dict) -> list[Finding]:
    """Return a finding for each column of money whose number format prints another unit than the column is read in."""
    if not grid.formats or not contract:
        return []
    places = [*match.columns.items(), *(pair for of in match.years.values() for pair in of.items())]
    header = dict(enumerate(grid.head[match.top][1]))
    return [
        Finding(match.table, "refused", match.name, UNIT_PRINTED, row, header.get(place, "").strip() or name, code)
        for name, place in places
        if place in grid.formats
        for row, code, factor in [grid.formats[place]]
        if differs(factor, factors(match.layout, {name}, match.scales, contract))
    ]


def units_in_margins(match: Match, grid: Grid, contract: dict, currencies: Collection[str]) -> list[Finding]:
    """Return a doubt for each comment, and each line printed around the sheet, that names another unit or currency than its money is read in."""
    if not grid.margins or not contract or "long" in match.layout:
        return []
    read = {place: name for name, place in [*match.columns.items(), *(pair for of in match.years.values() for pair in of.items())]}
    header = dict(enumerate(grid.head[match.top][1]))
    found = []
    for row, place, text in grid.margins:
        columns = {read[place]} if place in read else held(match)
        scales = factors(match.layout, columns, match.scales, contract)
        # A comment on a column of employees is not on money.
        if scales and other_unit(text, scales, currencies):
            rule = UNIT_PRINTED_AROUND if row is None else UNIT_IN_COMMENT
            found.append(
                Finding(
                    match.table,
                    "doubtful",
                    match.name,
                    rule,
                    row,
                    header.get(place, "").strip() or None if place is not None else None,
                    text,
                )
            )
    return found


def _of_column(match: Match, grid: Grid, place: int, name: str, scales: set[float]) -> Finding | None:
    """Return a finding where a column that tells the unit of each row, also as a number, tells another one or one not understood."""
    cells = grid.take(match.top, {name: place}, {}, (name,)).table
    text = cells[name].astype("string").dropna().str.replace(r"\.0+$", "", regex=True)
    first = text.drop_duplicates()
    where = {value: int(cells.loc[index, ROW]) for index, value in first.items()}
    if first.empty:
        return None
    if first.str.fullmatch(r"[-+]?[\d,.]+").all():
        known = POWERS if _named(name) in OF_POWERS else MULTIPLIERS
        if _named(name) in OF_DECIMALS:
            doubt, odd = DECIMALS, [value for value in where if value.startswith("-")]
        elif all(value in known for value in where):
            doubt, odd = "", [value for value in where if differs(known[value], scales)]
        else:  # numbers of something, unless all are the one that stands for no multiple
            doubt, odd = UNTOLD, list(where) if set(where) == {"1"} else []
    else:
        said = {value: unit_beside(value, name, False) for value in where}
        doubt, odd = "", [value for value, scale in said.items() if scale is not None and differs(scale, scales)]
        if not odd:
            doubt, odd = UNTOLD, [value for value, scale in said.items() if scale is None and _short_or_money(value)]
    if not odd:
        return None
    return Finding(match.table, "doubtful" if doubt else "refused", match.name, doubt or UNIT_ASIDE, where[odd[0]], name, odd[0])


def _short_or_money(value: str) -> bool:
    """Return whether a word may stand for a unit: of few letters, or with a currency in it."""
    word = plain(value)
    return len(word) <= FEW_LETTERS or money_of(word) is not None or any(money_of(part) for part in word.split())
