"""What a header cell says: the item, and where it does, the year, the unit and the currency of the figures below it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# unit of money → factor to million
SCALES = {
    "元": 1e-6, "千元": 1e-3, "万元": 1e-2, "百万元": 1.0, "亿元": 1e2, "万": 1e-2, "百万": 1.0, "亿": 1e2,
    "th": 1e-3, "thousand": 1e-3, "thousands": 1e-3, "k": 1e-3, "m": 1.0, "mn": 1.0, "mil": 1.0, "mio": 1.0, "million": 1.0,
    "millions": 1.0, "bn": 1e3, "bil": 1e3, "billion": 1e3, "billions": 1e3,
}  # fmt: skip
CURRENCIES = {
    "€": "EUR",
    "£": "GBP",
    "us$": "USD",
    "rmb": "CNY",
    "人民币": "CNY",
    "元": "CNY",
    "千元": "CNY",
    "万元": "CNY",
    "百万元": "CNY",
    "亿元": "CNY",
}
CODE = re.compile(r"^[a-z]{3}$")
YEAR = r"(?P<year>(?:19|20)\d{2})(?:/\d{2}|[-/.]?12[-/.]?31|年报|年度|年|a|fy)?"
WIDE = (
    re.compile(rf"^(?P<item>.+?)[\s_\-.(\[]*(?:fy|cy)?{YEAR}\)?\]?$"),
    re.compile(rf"^(?:fy|cy)?{YEAR}[\s_\-.]+(?P<item>.+)$"),
)
BRACKET = re.compile(r"^(?P<item>.+?)\s*[(\[]\s*(?:单位\s*[::]?\s*)?(?P<unit>[^()\[\]]{1,24})\s*[)\]]$")
TAIL = re.compile(
    r"^(?P<item>.+?)\s+(?P<unit>(?:th|thousand|m|mn|mil|million|bn)\s+[a-z]{3}|[a-z]{3}\s+(?:th|thousand|m|mn|mil|million|bn))$"
)
# Wind prints one fact about the column a line: [报告期] 2018年报, [单位] 万元, [报表类型] 合并报表.
LINE = re.compile(r"\[(?P<what>[^\]]+)\]\s*(?P<said>[^\[]+)")


@dataclass(frozen=True)
class Heading:
    """A header cell taken apart; `item` in lower case and without needless spaces. `scale` is the factor to million."""

    item: str
    year: str = ""
    scale: float | None = None
    currency: str = ""
    statement: str = ""


def plain(name: str) -> str:
    """Return a column's name as it is compared: without case, width of letters, byte-order mark and needless spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).replace("\ufeff", "").casefold().split())


def heading_of(name: str, years: bool) -> Heading:
    """Return what a header cell says; a year is looked for where `years` says that columns are of years."""
    text, said = _lines(plain(name))
    year, unit = "", said.get("单位", "")
    if period := said.get("报告期") or said.get("年度") or said.get("交易日期"):
        year = period.strip()[:4]
    if years and not year:
        text, year = _year(text)
    text, scale, currency = _unit(text, unit)
    if years and not year:
        text, year = _year(text)
    return Heading(text, year if years else "", scale, currency, said.get("报表类型", ""))


def _lines(text: str) -> tuple[str, dict[str, str]]:
    said = {match["what"].strip(): match["said"].strip() for match in LINE.finditer(text)}
    return (LINE.sub("", text).strip() if said else text), said


def _year(text: str) -> tuple[str, str]:
    for pattern in WIDE:
        if match := pattern.match(text):
            return match["item"].strip(), match["year"]
    return text, ""


def _unit(text: str, unit: str) -> tuple[str, float | None, str]:
    """Return the item without its unit, the factor to million and the currency; text whose bracket is no unit stays as it is."""
    if unit:
        found = _money(unit)
        return text, *(found or (None, ""))
    for pattern in (BRACKET, TAIL):
        match = pattern.match(text)
        if match and (found := _money(match["unit"])):
            return match["item"].strip(), *found
    return text, None, ""


def _money(unit: str) -> tuple[float | None, str] | None:
    """Return factor and currency of '万元', 'th eur', '€ million', or None for what is no unit of money."""
    marks = re.sub(r"(€|£|us\$)", r" \1 ", unit).split()
    scale, currency = None, ""
    for mark in marks:
        known = mark in SCALES or mark in CURRENCIES or (CODE.match(mark) and len(marks) > 1)
        if not known:
            return None
        scale = SCALES.get(mark, scale)
        currency = CURRENCIES.get(mark, mark.upper() if mark not in SCALES else currency)
    return (scale if scale is not None else 1e-6 if currency else None), currency
