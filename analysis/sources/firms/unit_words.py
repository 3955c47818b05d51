"""The units of money that a line of text states: 单位：万元, (in thousands of USD), RMB million, тыс. руб., 단위: 천원."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analysis.sources.firms.headings import ALONE, BESIDE, money_of, plain, simplified

Unit = tuple[float | None, str]

# Words after which a unit may stand.
BEFORE = (
    "in", "en", "em", "w", "в", "v", "u", "i", "unit", "units", "scale", "scaling", "multiplier", "magnitude", "currency", "money",
    "amount", "amounts", "figures", "values", "value", "währung", "einheit", "monnaie", "unité", "moneda", "币种", "单位", "단위",
)  # fmt: skip
# Words for the figures of a table as a whole.
OF_ALL = {
    *BEFORE, "a", "all", "are", "is", "the", "of", "and", "by", ":", "-", "(", "data", "accounts", "financials", "financial", "statements", "reported", "stated",
    "expressed", "presented", "shown", "given", "numbers", "sheet", "table", "firms", "angaben", "zahlen", "alle", "chiffres", "montants", "cifras",
    "importes", "valores", "valori", "importi", "sifre", "kwoty", "dane", "金额", "货币", "数据", "本表", "суммы", "данные", "note", "notes",
}  # fmt: skip
# Words for what is no money of the firms: a unit that follows them is of their figures.
OTHERS = re.compile(
    r"\b(?:employees?|staff|headcount|workers?|persons?|people|population|firms?|companies|shares?|stocks?|patents?|launches|vehicles?|cars|"
    r"tonn?es|tons|kwh|gwh|cities|households|inhabitants|customers|users|gdp|gnp|mitarbeiter|aktien|salariés|empleados|acciones)\b|"
    r"员工|人数|职工|股本|股数|人口|专利|企业数|公司数|종업원|직원|주식"
)
MONEY = re.compile(
    r"\b(?:money|amounts?|figures|values|currency|accounts|financials?|statements|data|assets|sales|revenues?|r&d|profits?|income|debt|cash|"
    r"balance|liabilities|angaben|beträge|chiffres|montants|cifras|valori|presentation)\b|金额|货币"
)
CURRENCY = re.compile(
    r"\b(?:dollars?|pounds?|sterling|francs?|kron\w+|pesos?|rupees?|rub\w+|yen|won|lira\w*|reais|rands?|currency|euros?|yuan|rmb|renminbi|"
    rf"ringgit|baht|złot\w+|{'|'.join((*ALONE, *BESIDE))})\b|[$€£¥₩₹元円원]"
)
# What follows is said of other figures than those before it: in millions, except shares, which are reflected in thousands.
EXCEPT = re.compile(r"\b(?:except|excluding|other than|unless|ausgenommen|außer|sauf|hormis|excepto|salvo)\b")
# A unit of fewer letters may be a code of a country, and needs a currency or a word for money beside it.
SHORT = ("bn", "mn")
MOST_WORDS = 7
APART = re.compile(r"[;。|()\[\]]|,(?!\d)|(?<=\w{5})\.(?=\s|$)")
SPREAD = (
    (re.compile(r"单位[为是]?"), " 单位 "),
    (re.compile(r"\s*[:=]\s*"), " : "),
    (re.compile(r"\ben miles\b"), "en thousand"),
    (re.compile(r"(?:\bx|×|\bin)\s*1[,.]?000$"), " in thousand"),
    (re.compile(r"(?:\bx|×|\bin)\s*1[,.]?000[,.]?000$"), " in million"),
    (re.compile(r"(?<![a-z])in\s*(?=€|\$|£|¥)"), "in "),
)


def unit_said(text: str) -> Unit | None:
    """Return the first of the units that a line of text states, or None."""
    return next(iter(units_said(text)), None)


def units_said(text: str, of_all: bool = False) -> list[Unit]:
    """Return factor to million and currency of the units of money that a line of text states for the figures of a table.

    What it says of employees, shares and other figures that are no money is left out; with `of_all` also what it says of one item.
    """
    line = simplified(plain(text))
    for pattern, word in SPREAD:
        line = pattern.sub(word, line)
    excepted = EXCEPT.search(line)
    return (_units_of(line[: excepted.start()], of_all) if excepted else []) or _units_of(line, of_all)


def _units_of(line: str, of_all: bool) -> list[Unit]:
    found: list[Unit] = []
    subject = ""
    places = [0, *(edge for mark in APART.finditer(line) for edge in mark.span()), len(line)]
    clauses = [(line[start:end].strip(), line[start - 1 : start] in "([") for start, end in zip(places[::2], places[1::2], strict=True)]
    filled = [one for one in clauses if one[0]]
    for clause, bracket in filled:
        # What stands in brackets is said of what stands before them.
        subject = subject if bracket and subject else ""
        for before, unit, short in _of_clause(clause, len(filled) == 1 or (bracket and not found), bracket and len(filled) > 1):
            about = f"{subject} {before}".strip()
            if _counts(about, unit, short) and (not of_all or set(about.replace("_", " ").split()) <= OF_ALL):
                found.append(unit)
        subject = clause
    return found


def is_of_others(about: str) -> bool:
    """Return whether words name figures that are no money of the firms, the last of them if they name both."""
    if re.search(r"\bg[dn]p\b", about):
        return True
    return bool(OTHERS.search(about)) and (not MONEY.search(about) or bool(OTHERS.search(about.split()[-1].removesuffix("firms"))))


def _counts(about: str, unit: Unit, short: bool) -> bool:
    """Return whether a unit that is said of `about` is of money of the firms; a currency beside it outweighs a word."""
    if is_of_others(about) and (not unit[1] or re.search(r"\bg[dn]p\b", about)):
        return False
    return not short or bool(unit[1] or MONEY.search(about))


def _of_clause(clause: str, alone: bool, bracket: bool) -> Iterator[tuple[str, Unit, bool]]:
    """Yield the words before each unit, the unit, and whether it has so few letters that it may be something else."""
    if (whole := money_of(clause)) and whole[0] is not None and (alone or whole[1]):
        # A sign of one letter may be anything.
        if len(clause) > 1 or not clause.isascii():
            yield "", whole, bracket and len(clause) < 3 and clause.isascii()
        return
    words, start, done = clause.split(), 0, 0
    while start < len(words):
        if words[start] in BEFORE and (hit := _longest(words[start + 1 : start + 1 + MOST_WORDS])) is not None:
            unit, length = hit
            said = [word for word in words[start + 1 : start + 1 + length] if word != ":"]
            short = len("".join(said).strip(".")) < 3 and "".join(said).isascii() and said[0] not in SHORT
            yield " ".join(words[done:start]), unit, short
            start = done = start + length + 1
            continue
        start += 1


def _longest(words: list[str]) -> tuple[Unit, int] | None:
    """Return the unit at the start of some words, and of how many it is; None where they count something else (thousands of cities)."""
    for length in range(len(words), 0, -1):
        found = money_of(" ".join(words[:length]))
        if found is None or found[0] is None or words[length - 1] in ("of", "in", "de"):
            continue
        rest = words[length:]
        if rest and not found[1] and (rest[0] in ("of", "de") or OTHERS.match(rest[0])):
            return (found, length) if rest[0] in ("of", "de") and CURRENCY.search(" ".join(rest[1:4])) else None
        return found, length
    return None
