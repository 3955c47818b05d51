"""Cells of one field → values of the contract's type, and which of them break a rule."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from analysis.sources.firms.dates import days_of, years_of
from analysis.sources.firms.grid import by_value, folded, narrow, unreadable, without_zeros
from analysis.sources.firms.headings import plain

TRUE = ("1", "true", "yes", "y", "t", "是", "√", "✓")
FALSE = ("0", "false", "no", "n", "f", "否", "×", "✗")
# A spreadsheet's ways of keeping the zeros of a code: '000063 and ="000063".
QUOTED = r"^(?:'|=?\")(.*?)\"?$"
# Sides of a balance sheet agree when they differ by less: rounding of exports.
BALANCES = 0.005
GROUPED = re.compile(r"-?\d{1,3}(?P<mark>[, '])\d{3}((?P=mark)\d{3})*(\.\d+)?")
BRACKETED = re.compile(r"\(\s*([\d.,' ]+?)\s*\)|([\d.,' ]+)-")
# 1234,5 or 1,5: a decimal comma, beside which 1,234 may be one as well.
DECIMAL_COMMA = re.compile(r"-?\d+,(\d{1,2}|\d{4,})|-?\d{4,},\d+|-?\d{1,3}(\.\d{3})+,\d+")
ONE_COMMA = re.compile(r"-?\d{1,3},\d{3}")
HUNDREDTH = r"\s*[A-Z]{2}[a-z]\s*"
MINUS = str.maketrans(dict.fromkeys("−‒–—﹣", "-") | {"’": "'", "\N{NARROW NO-BREAK SPACE}": " "})

Typed = tuple[pd.Series, pd.Series, str]  # values, cells that are not of the type, what was expected


def field_of(cells: pd.DataFrame, how: dict, rule: dict, scale: float | None = None) -> Typed:
    """Return the values in the contract's type, which cells are not of that type, and what was expected.

    `scale` is the factor to million that the header states; it comes before the map's.
    """
    none = pd.Series(False, index=cells.index)
    if "constant" in how:
        return pd.Series(how["constant"], index=cells.index, dtype="string"), none, ""
    if scale is not None:
        how = how | {"scale": scale * (-1 if how.get("scale", 1) < 0 else 1)}
    if "sum" in how:
        return _sum(cells, how, rule)
    raw = first_of(cells, how["from"])
    if raw is None:
        empty = np.nan if rule["type"] == "number" else pd.NA
        return pd.Series(empty, index=cells.index, dtype=dtype_of(rule["type"])), none, ""
    if "strip" in how:
        raw = _stripped(raw.astype("string"), how["strip"])
    if "values" in how:
        raw, strange, expected = _spelt(raw, how)
        if strange.any():
            return raw, strange, expected
    return typed(raw, how, rule["type"])


def first_of(cells: pd.DataFrame, names: str | list[str]) -> pd.Series | None:
    """Return, row by row, the first of the columns that has a value, in their order; None where the file has none of them.

    An error of a spreadsheet is no blank: no later column stands for it.
    """
    held = [name for name in ([names] if isinstance(names, str) else names) if name in cells]
    if not held:
        return None
    found = cells[held[0]]
    unknown = in_error(cells, held[0])
    for name in held[1:]:
        found = found.astype("string").fillna(cells[name].astype("string").mask(unknown))
        unknown |= found.isna() & in_error(cells, name)
    return found


def in_error(cells: pd.DataFrame, name: str) -> pd.Series:
    """Return which cells of a column are blank because they held an error."""
    none = pd.Series(False, index=cells.index)
    return cells[unreadable(name)].eq(True).fillna(False).astype(bool) if unreadable(name) in cells else none


def _stripped(text: pd.Series, marks: list[str]) -> pd.Series:
    """Return codes without the exchange: '.SZ' goes at the end, 'SZ' before the digits."""
    text = _unquoted(text)
    if not text.str.contains(r"[^\d]", regex=True).fillna(False).any():
        return text
    ends = "|".join(re.escape(mark) for mark in marks if mark.startswith("."))
    starts = "|".join(re.escape(mark) for mark in marks if not mark.startswith("."))
    text = text.str.replace(rf"(?i)({ends})$", "", regex=True) if ends else text
    return text.str.replace(rf"(?i)^(?:{starts})(\d)", r"\1", regex=True) if starts else text


def _unquoted(text: pd.Series) -> pd.Series:
    """Return codes without a spreadsheet's marks of text and in common digits."""
    if not text.str.contains(r"^['\"=]|[^\x00-\x7f]", regex=True).fillna(False).any():
        return text
    return narrow(text).str.replace(QUOTED, r"\1", regex=True)


def _spelt(raw: pd.Series, how: dict) -> Typed:
    """Return words in the contract's spelling and which are none of a closed list."""
    spelt = {str(key): str(value) for key, value in how["values"].items()}
    raw = raw.astype("string")
    if how.get("fold"):
        spelt = {plain(key): value for key, value in spelt.items()}
        folded = by_value(raw, lambda values: values.map(plain, na_action="ignore"))
        # GBp is a hundredth of GBP: its last letter tells them apart.
        own = ~folded.isin(list(spelt)) | raw.str.fullmatch(HUNDREDTH).fillna(False).astype(bool)
        raw = folded if how.get("closed", True) else raw.where(own, folded)
    strange = raw.notna() & ~raw.isin(list(spelt)) if how.get("closed", True) else pd.Series(False, index=raw.index)
    if "codes" in how:
        strange = raw.notna() & ~raw.isin([*spelt, *how["codes"]])
    raw = by_value(raw, lambda values: values.map(lambda text: spelt.get(text, text), na_action="ignore").astype("string")).mask(strange)
    if "expected" in how:
        return raw, strange.astype(bool), how["expected"]
    return raw, strange.astype(bool), f"one of {', '.join(dict.fromkeys(spelt.values()) if how.get('fold') else spelt)}"


def _sum(cells: pd.DataFrame, how: dict, rule: dict) -> Typed:
    """Return the sum of several columns and which rows have a part that is no number.

    Where a part is blank, so is the sum; unless the map says `blank: zero`: then blank parts beside others count as zero, and
    where the statement's sides agree (`balanced`) even without any. A statement whose sides disagree leaves the sum blank, and so
    does a part that held an error.
    """
    names = [name for name in how["sum"] if name in cells] if how.get("blank") == "zero" else how["sum"]
    parts, wrong, unknown = [], pd.Series(False, index=cells.index), pd.Series(False, index=cells.index)
    for name in names:
        part, bad, _ = field_of(cells, {"from": name, "scale": how.get("scale", 1)}, rule)
        # A negative part may hide in a positive sum.
        wrong = wrong | bad | (part < rule.get("minimum", -np.inf)).fillna(False)
        unknown |= in_error(cells, name)
        parts.append(part)
    together = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=cells.index)
    total = together.sum(axis=1, skipna=how.get("blank") == "zero")
    if how.get("blank") == "zero":
        agree = balanced(cells, how)
        total = total.mask(together.isna().all(axis=1) & ~agree.eq(True).fillna(False)).mask(agree.eq(False).fillna(False))
    return total.mask(unknown).astype("float64"), wrong, "a number in the field's range in each of its parts"


def balanced(cells: pd.DataFrame, how: dict) -> pd.Series:
    """Return whether each statement's sides agree; missing where the file does not hold them."""
    unknown = pd.Series(pd.NA, index=cells.index, dtype="boolean")
    about = how.get("balanced")
    if not about or not {about["whole"], *about["parts"]} <= set(cells):
        return unknown
    whole, *parts = (typed(cells[name], {}, "number")[0] for name in (about["whole"], *about["parts"]))
    apart = (whole - sum(parts)).abs()
    return unknown.mask(apart.notna(), apart <= BALANCES * whole.abs())


def typed(raw: pd.Series, how: dict, kind: str) -> Typed:
    """Return cells as the contract's type: numbers, whole numbers, truth values, dates or text."""
    if kind in ("number", "integer"):
        return _number(raw, how, kind)
    if kind == "boolean":
        if pd.api.types.is_bool_dtype(raw):
            return raw.astype("boolean"), raw.isna() & False, ""
        values = by_value(raw.astype("string"), _truth)
        return values, values.isna() & raw.notna(), "yes or no"
    text = raw.astype("string")
    if kind == "date":
        return days_of(text)
    if "pad" in how or how.get("code"):
        text = _unquoted(text)
    if "pad" in how:
        # A spreadsheet drops the zeros of a code and may add '.0'; more digits than the code has is another code.
        text = by_value(text, without_zeros).str.zfill(how["pad"])
        return text, text.notna() & ~text.str.fullmatch(rf"\d{{{how['pad']}}}").fillna(True), f"a code of {how['pad']} digits"
    return (by_value(text, without_zeros) if how.get("code") or pd.api.types.is_float_dtype(raw) else text), text.isna() & False, ""


def _truth(text: pd.Series) -> pd.Series:
    known = {**dict.fromkeys(TRUE, True), **dict.fromkeys(FALSE, False)}
    return without_zeros(text.str.lower()).map(known).astype("boolean")


def _number(raw: pd.Series, how: dict, kind: str) -> Typed:
    if "take" in how:
        text = by_value(raw.astype("string"), lambda values: years_of(values, how))
        values = pd.to_numeric(text, errors="coerce").astype("float64")
    elif pd.api.types.is_numeric_dtype(raw):
        values = raw.astype("float64")
    else:
        values = _numbers(raw)
    wrong = (values.isna() & raw.notna()) | values.abs().eq(float("inf"))
    values = values * how.get("scale", 1) if "take" not in how else values
    if kind == "integer":
        wrong |= values.notna() & (values % 1 != 0)
        return values.mask(wrong).astype("Int64"), wrong, "a year or a date" if "take" in how else "a whole number"
    return values.mask(wrong), wrong, "a number"


def _numbers(text: pd.Series) -> pd.Series:
    """Return numbers of text: thousands may be separated, brackets and a minus behind mean less than zero, digits may be wide."""
    try:
        return text.astype("double[pyarrow]").astype("float64") if str(text.dtype) == "string" else pd.to_numeric(text).astype("float64")
    except (ValueError, TypeError, NotImplementedError, ArithmeticError):
        text = text.astype("string")
        values = pd.to_numeric(text, errors="coerce").astype("float64")
        odd = text[values.isna() & text.notna()].map(_signed)
        commas = odd.map(lambda value: bool(DECIMAL_COMMA.fullmatch(value))).any()
        tidy = odd.map(lambda value: None if commas and ONE_COMMA.fullmatch(value) else _ungrouped(value))
        values.loc[odd.index] = pd.to_numeric(tidy, errors="coerce").astype("float64")
        return values


def _signed(value: str) -> str:
    """Return a number in common digits with its minus in front: （２．５）, 2.5- and −2.5 as -2.5."""
    bare = folded(value).translate(MINUS).strip()
    found = BRACKETED.fullmatch(bare)
    return f"-{found[1] or found[2]}" if found else bare


def _ungrouped(value: str) -> str:
    found = GROUPED.fullmatch(value)
    return value.replace(found["mark"], "") if found else value


def broken(values: pd.Series, rule: dict, wrong: pd.Series, expected: str) -> list[tuple[pd.Series, str, str]]:
    """Return (which cells, rule in words, kind of rule: words or range) for every rule of the contract that some cells break."""
    checks = [(wrong, f"is not {expected}", "words")]
    if rule.get("required"):
        checks.append((values.isna() & ~wrong, "may not be blank", "words"))
    number = rule["type"] in ("number", "integer")
    for key, fails, said in (
        ("minimum", lambda limit: values < limit, "must be at least {}"),
        ("maximum", lambda limit: values > limit, "must be at most {}"),
        ("above", lambda limit: values <= limit, "must be above {}"),
    ):
        if key in rule and number:
            checks.append((fails(rule[key]), said.format(rule[key]), "range"))
    if "allowed" in rule:
        checks.append((values.notna() & ~values.isin(rule["allowed"]), f"must be one of {', '.join(map(str, rule['allowed']))}", "words"))
    if "pattern" in rule:
        unlike = values.notna() & ~values.astype("string").str.fullmatch(rule["pattern"]).fillna(False)
        checks.append((unlike, f"must match {rule['pattern']}", "words"))
    found = [(mask.fillna(False).astype(bool), text, kind) for mask, text, kind in checks]
    return [(mask, text, kind) for mask, text, kind in found if mask.any()]


def dtype_of(kind: str) -> str:
    """Return the pandas type of a contract's type."""
    return {"number": "float64", "integer": "Int64", "boolean": "boolean"}.get(kind, "string")
