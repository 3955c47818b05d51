"""What a header cell says: the item, and where it does, the year, the unit and the currency of the figures below it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# unit of money → factor to million
SCALES = {
    "元": 1e-6, "千元": 1e-3, "万元": 1e-2, "百万元": 1.0, "亿元": 1e2, "十亿元": 1e3, "千": 1e-3, "万": 1e-2, "百万": 1.0, "亿": 1e2,
    "th": 1e-3, "tsd": 1e-3, "thousand": 1e-3, "thousands": 1e-3, "k": 1e-3, "m": 1.0, "mm": 1.0, "mn": 1.0, "mil": 1.0, "mio": 1.0, "mln": 1.0,
    "million": 1.0, "millions": 1.0, "bn": 1e3, "bil": 1e3, "billion": 1e3, "billions": 1e3,
    "tausend": 1e-3, "millionen": 1.0, "mrd": 1e3, "milliarden": 1e3, "milliers": 1e-3, "milliards": 1e3, "millones": 1.0, "milioni": 1.0,
    "lakh": 0.1, "lakhs": 0.1, "crore": 10.0, "crores": 10.0,
}  # fmt: skip
CURRENCIES = {
    "€": "EUR",
    "£": "GBP",
    "us$": "USD",
    "hk$": "HKD",
    "rmb": "CNY",
    "yuan": "CNY",
    "人民币": "CNY",
    "美元": "USD",
    "欧元": "EUR",
    "港元": "HKD",
    "港币": "HKD",
    "日元": "JPY",
    "renminbi": "CNY",
    "euro": "EUR",
    "euros": "EUR",
    "yen": "JPY",
    "₹": "INR",
    "₩": "KRW",
}
CURRENCIES |= dict.fromkeys(("元", "千元", "万元", "百万元", "亿元", "十亿元"), "CNY")
# Codes of currencies: the first may stand alone, the others are words of other meanings unless a unit stands beside them.
ALONE = ("usd", "eur", "gbp", "cny", "jpy", "hkd", "krw", "chf", "cad", "aud", "inr", "twd", "sgd", "sek")
BESIDE = (
    "nok", "dkk", "nzd", "brl", "rub", "zar", "mxn", "try", "pln", "czk", "huf", "ils", "thb", "myr", "idr", "php", "vnd", "clp", "cop",
    "ars", "pen", "sar", "aed", "egp", "ngn", "pkr", "bdt", "uah", "ron", "isk", "mop", "dem", "frf", "itl", "esp", "cnh",
)  # fmt: skip
SIGNS = ("$", "¥")  # of several currencies
FILLERS = ("in", "of", "unit", "units", ":", "de", "en", "di", "em", "w", "в")
# The characters of Taiwan and Japan → those of the units above; Korea's and Japan's units of their own currencies.
ONE_SCRIPT = str.maketrans("萬億圓仟佰幣単單臺", "万亿元千百币单单台")
SIZES = {"": 1e-6, "千": 1e-3, "万": 1e-2, "百万": 1.0, "亿": 1e2, "十亿": 1e3}
KOREAN = {"": 1e-6, "천": 1e-3, "만": 1e-2, "백만": 1.0, "억": 1e2, "십억": 1e3, "조": 1e6}
SCALES |= {f"{size}円": scale for size, scale in SIZES.items()} | {f"{size}원": scale for size, scale in KOREAN.items()}
SCALES |= {size: scale for size, scale in KOREAN.items() if len(size) > 1}
CURRENCIES |= {f"{size}円": "JPY" for size in SIZES} | {f"{size}원": "KRW" for size in KOREAN} | {"新台币": "TWD", "台币": "TWD"}
# Units of one: a size beside them is the unit.
ONES = ("元", "円", "원")
SPELT = (
    (re.compile(r"\b(?:thousands?(?: of)?|mil|miles de|mille) (?:millions?|millones|milioni)\b"), "billion"),
    (re.compile(r"\b(?:тыс\b\.?|тысяч\w*|tys\b\.?|tysi[ąę]\w*|tis\b\.|tusen|hiljad\w*|migliaia|milhares|тыс\.?(?=руб))"), "thousand"),
    (re.compile(r"\b(?:млн\b\.?|миллион\w*|milion(?:y|ów|ach)|milyon|milh[õo]es)"), "million"),
    (re.compile(r"\b(?:млрд\b\.?|миллиард\w*|mld\b\.?|miliard\w*|milyar)"), "billion"),
    (re.compile(r"\bmiles(?= de\b)|\bbin(?= (?:tl|try|türk|₺))"), "thousand"),
    (re.compile(r"\bруб(?:\b\.?|л\w*)|₽"), "rub"),
    (re.compile(r"\bzł\b\.?|\bzłot\w+"), "pln"),
    (re.compile(r"\btl\b|₺|\btürk lirası\b"), "try"),
    (re.compile(r"[,;](?!\d)|\bunits? ?:"), " "),
    (re.compile(r"\b(rs\.?|inr|₹) ?crs?\b\.?"), "inr crore"),
    (re.compile(r"\bmille(?= ?(?:€|eur))"), "thousand"),
    (re.compile(r"^1[,.]?000 (?=[a-z€$£¥]{1,4}$)|(?<=[a-z€$£¥] )1[,.]?000$"), "thousand"),
    (re.compile(r"\bt(usd|cny|rmb|gbp|chf|sek|nok|dkk|pln|jpy|hkd|inr)\b"), r"thousand \1"),
    (re.compile(r"\b(?:10,?000|(?:10|ten)[ -]thousands?)\b"), "万"),
    (re.compile(r"\b(?:100|one hundred|hundred)[ -]millions?\b"), "亿"),
    (re.compile(r"[’‘'`]?(?<![\d,])000s?\b"), "thousand"),
    (re.compile(r"\b(?:us|u\.s\.) dollars?\b"), "usd"),
    (re.compile(r"\bt(?:€|eur\b)"), "thousand eur"),
    (re.compile(r"\bd[’']"), ""),
    (re.compile(r"\b(mio|mrd|tsd|mln|mn|mil|bn|th)\."), r"\1"),
)
GLUED = re.compile(r"^(us\$|hk\$|[$¥€£]|[a-z]{3})(th|k|mn|mln|mm|m|bn)$")
GLUED_BEFORE = re.compile(r"^(th|k|mio|mn|mln|m|bn|mrd|tsd)(us\$|€|£|eur|usd|gbp|cny|rmb|jpy|hkd|chf|inr)$")
CHINESE = re.compile(r"^(人民币|新台币|台币)?(千|百万|万|十亿|亿)?(元|円|人民币|新台币|台币|美元|欧元|港元|港币|日元)?$")
YEAR = r"(?P<year>(?:19|20)\d{2})(?:/(?P<next>\d{2})|[-/.]?12[-/.]?31|年年报|年报|年度|年|a|fy)?"
WIDE = (
    re.compile(rf"^(?P<item>.+?)[\s_\-.(\[]*(?:31[/.\-]12[/.\-]|12[/.\-]31[/.\-]|fy|cy)?{YEAR}\)?\]?$"),
    re.compile(rf"^(?:fy|cy)?{YEAR}[\s_\-.]+(?P<item>.+)$"),
    re.compile(r"^(?P<year>(?:19|20)\d{2})年(?:年报|度|报)?(?P<item>[^\d\s月].*)$"),
    re.compile(r"^(?P<item>.+?)[\s_\-.(\[]*(?:fy|cy)'?(?P<short>\d{2})\)?\]?$"),
)
BRACKET = re.compile(r"^(?P<item>.+?)\s*[(\[{<]\s*(?:单位\s*:?\s*)?(?P<unit>[^()\[\]{}<>]{1,24})\s*[)\]}>]$")
# Between an item and its unit (sales_万元, profit/元, assets, th USD); a Chinese unit of more than 元 needs nothing.
BETWEEN = re.compile(r"\s*[_/,|:\-]\s*|\s+")
# A number that a unit is written as, at the end of a header: assets_1000, assets (x 1,000), assets 10^6.
AS_NUMBER = re.compile(
    r"(?P<gap>[\s_/*(\[{<-]+)(?:in |x ?|× ?|\* ?)?(?P<number>1[.,]?000(?:[.,]?000){0,2}|10[.,]?000|100[.,]?000[.,]?000|(?:1e\+?0?|10\^)[34689]|10k|100m)"
    r"(?P<rest>\s*[a-z€$£¥₹]{0,4}\s*[)\]}>]?)$"
)
NUMBERS = {"1000": "thousand", "10000": "万", "1000000": "million", "100000000": "亿", "1000000000": "billion", "10k": "万", "100m": "亿"}
NUMBERS |= {str(power): NUMBERS["1" + "0" * power] for power in (3, 4, 6, 8, 9)}
# Words for units that only a header has.
IN_HEADERS = (
    (re.compile(r"\b(?:thd|thsd|thsnd|thous)\b\.?"), "thousand"),
    (re.compile(r"\b(?:bln)\b\.?"), "billion"),
    (re.compile(r"\b(?:wan|wanyuan)\b"), "万"),
    (re.compile(r"\b(?:yi|yiyuan)\b"), "亿"),
    (re.compile(r"\bqianyuan\b"), "千元"),
    (re.compile(r"\b([km])euros?\b"), r"\1eur"),
)  # fmt: skip
ATTACHED = re.compile(r"^(?P<item>.+?)(?P<unit>(?:千|百万|万|十亿|亿)元|[’']000s?)$")
# Words that a unit at the end of a header may have.
LONGEST = 4
# What a period of Wind's headers must be to be a year.
WHOLE = re.compile(r"^(?P<year>(?:19|20)\d{2})(?:年年报|年报|年度|年|[-/.]?12[-/.]?31)?$")
# Wind prints one fact about the column a line: [报告期] 2018年报, [单位] 万元, [报表类型] 合并报表.
LINE = re.compile(r"\[(?P<what>[\u4e00-\u9fff]+)\]\s*(?P<said>[^\[]+)")


@dataclass(frozen=True)
class Heading:
    """A header cell taken apart; `item` in lower case and without needless spaces. `scale` is the factor to million.

    `bare`: the header names a currency and no unit of it. `interim`: the figures are of a part of a year.
    """

    item: str
    year: str = ""
    scale: float | None = None
    currency: str = ""
    statement: str = ""
    bare: bool = False
    interim: bool = False


def plain(name: str) -> str:
    """Return a column's name as it is compared: without case, width of letters, byte-order mark and needless spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).replace("\ufeff", "").casefold().split())


def simplified(text: str) -> str:
    """Return text with the characters of units as they are written in mainland China."""
    return text if text.isascii() else text.translate(ONE_SCRIPT)


def heading_of(name: str, years: bool) -> Heading:
    """Return what a header cell says; a year is looked for where `years` says that columns are of years."""
    text, said = _lines(plain(name))
    year, interim = "", False
    if period := said.get("报告期") or said.get("年度") or said.get("交易日期"):
        whole = WHOLE.match(period.strip())
        year, interim = (whole["year"], False) if whole else ("", True)
    if years and not year:
        text, year = _year(text)
    text, scale, currency = _unit(text, said.get("单位", ""))
    if years and not year:
        text, year = _year(text)
    bare = bool(currency) and scale is None
    return Heading(text, year if years else "", scale, currency, said.get("报表类型", ""), bare, interim)


def _lines(text: str) -> tuple[str, dict[str, str]]:
    said = {match["what"].strip(): match["said"].strip() for match in LINE.finditer(text)}
    return (LINE.sub("", text).strip() if said else text), said


def _year(text: str) -> tuple[str, str]:
    for pattern in WIDE:
        if match := pattern.match(text):
            found = match.groupdict()
            # 2018/19 is a year, 2019/06 a month.
            if found.get("next") and int(found["next"]) != (int(found["year"]) + 1) % 100:
                continue
            return match["item"].strip(), found.get("year") or f"20{found['short']}"
    return text, ""


def _unit(text: str, unit: str) -> tuple[str, float | None, str]:
    """Return the item without its unit, the factor to million and the currency; text whose end is no unit stays as it is."""
    if unit:
        return text, *(money_of(unit) or (None, ""))
    text = AS_NUMBER.sub(_in_words, text)
    bracket, attached = BRACKET.match(text), ATTACHED.match(text)
    ends = [(bracket["item"], bracket["unit"])] if bracket else []
    ends += [(text[: gap.start()], text[gap.end() :]) for gap in list(BETWEEN.finditer(text))[-LONGEST:] if gap.start()]
    ends += [(attached["item"], attached["unit"])] if attached else []
    for item, end in ends:
        unit = end.removeprefix("单位").replace("_", " ")
        for pattern, word in IN_HEADERS:
            unit = pattern.sub(word, unit)
        if found := money_of(unit):
            return item.strip(" _/,|:-").removesuffix("单位").rstrip(), *found
    return text, None, ""


def _in_words(number: re.Match[str]) -> str:
    digits = re.sub(r"[.,]|^1e\+?0?(?=\d$)|^10\^", "", number["number"])
    return f"{number['gap']}{NUMBERS[digits]}{number['rest']}"


def money_of(unit: str) -> tuple[float | None, str] | None:
    """Return factor and currency of '万元', 'th eur', '€ million', "rmb'000" or None for what is no unit of money.

    The factor is None where a currency stands alone.
    """
    text = simplified(unit.strip())
    for pattern, word in SPELT:
        text = pattern.sub(rf" {word} ", text)
    marks = [mark for mark in re.sub(r"(€|£|us\$|hk\$|(?<![a-z])\$|¥|₹|₩)", r" \1 ", text).split() if mark not in FILLERS]
    scale, currency, known = None, "", bool(marks)
    for mark in marks:
        for part in _parts(mark):
            named = CURRENCIES.get(part, "")
            code = part in ALONE or (part in BESIDE and (len(marks) > 1 or part != mark))
            known &= bool(part in SCALES or named or part in SIGNS or code)
            scale = SCALES.get(part, scale) if part not in ONES or scale is None else scale
            currency = named or (part.upper() if code and not named else currency)
    return (scale, currency) if known and (scale is not None or currency) else None


def _parts(mark: str) -> list[str]:
    """Return a mark as currency and unit: usdm, $k, 人民币万元, 万美元."""
    if glued := GLUED.match(mark) or GLUED_BEFORE.match(mark):
        return [part for part in glued.groups() if part]
    if mark not in SCALES and (chinese := CHINESE.match(mark)):
        currency, size, name = chinese.groups(default="")
        # 新台币千元 is in the currency before the size.
        return [part for part in (*([size + name] if name in ONES else [size, name]), currency) if part]
    return [mark]
