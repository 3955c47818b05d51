"""The units and the currencies in which the money of a table is read, and whether a line of text states another one."""

from __future__ import annotations

import re
from collections.abc import Collection
from math import isclose

import pandas as pd

from analysis.sources.firms.headings import money_of, plain
from analysis.sources.firms.layouts import columns_of
from analysis.sources.firms.recognition import Match
from analysis.sources.firms.unit_words import units_said

UNIT_BELOW = "names a unit below the table, or a currency, that its money is not read in: write it into the headers"
# What names the currency of mainland China rather than a unit of any.
YUAN = re.compile(r"人民币|rmb|cny|cnh|yuan|renminbi")


def in_force(match: Match, contract: dict) -> set[float]:
    """Return the factors to million of the columns of money that a table holds."""
    return factors(match.layout, held(match), match.scales, contract)


def held(match: Match) -> set[str]:
    return set(match.columns).union(*match.years.values())


def factors(layout: dict, held: Collection[str], scales: dict[str, float], contract: dict) -> set[float]:
    """Return the factors to million of the columns of money among those `held`; `scales` are those that headers state."""
    money = {name for name, rule in contract["columns"].items() if rule.get("unit") == "million"}
    rules = [(how, column) for name, how in layout.get("columns", {}).items() if name in money for column in columns_of(how)]
    return {scales.get(column, abs(how.get("scale", 1.0))) for how, column in rules if column in held}


def currencies_in(cells: pd.DataFrame, layout: dict) -> set[str]:
    """Return the currencies that a table gives its figures in; none where no column and no map says."""
    how = layout.get("columns", {}).get("currency", {})
    if "constant" in how:
        return {how["constant"]}
    words = {str(word) for name in columns_of(how) if name in cells for word in cells[name].dropna().unique()}
    return {(money_of(plain(word)) or (None, ""))[1] or word.strip().upper() for word in words}


def other_unit(text: str, scales: set[float], currencies: Collection[str] = ()) -> bool:
    """Return whether a line of text states a unit of money, or with it a currency, that is not in force."""
    units = units_said(text)
    if not units:
        return False
    # 元 is the unit of other currencies as well.
    named = {currency for _, currency in units if currency and (currency != "CNY" or YUAN.search(plain(text)))}
    return not scales or any(scale is None or differs(scale, scales) for scale, _ in units) or bool(currencies and named - set(currencies))


def differs(said: float, scales: set[float]) -> bool:
    return any(not isclose(said, scale) for scale in scales)
