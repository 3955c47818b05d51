"""Lines that sum up a table rather than tell of a firm: totals, means, counts and other statistics in the place of a code."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from analysis.sources.firms.headings import plain

# Words as `_bare` leaves them: without case, spaces and points.
TOTALS = frozenset((
    "overall", "allfirms", "allcompanies", "alle", "alles", "todos", "tous", "grandtotal", "subtotal", "sum", "average", "mean",
    "median", "totals", "gesamtsumme", "zwischensumme", "gesamt", "insgesamt", "summe", "mittelwert", "durchschnitt",
    "standardabweichung", "anzahl", "totalgénéral", "totalgeneral", "soustotal", "somme", "moyenne", "médiane", "mediane",
    "écarttype", "ecarttype", "ensemble", "sumatotal", "promedio", "mediana", "desviaciónestándar", "desviacionestandar",
    "totale", "media", "totaal", "gemiddelde", "stddev", "stddeviation", "standarddeviation", "stdev", "stdv", "stderr",
    "standarderror", "stderror", "variance", "skewness", "kurtosis", "minimum", "maximum", "observations", "numberofobservations",
    "noofobservations", "noofobs", "nobs", "#obs", "#ofobs", "numberoffirms", "nooffirms", "samplesize", "samplemean",
    "sampleaverage", "samplemedian", "fullsample", "quantile", "percentile", "interquartilerange", "iqr", "weightedaverage",
    "weightedmean", "industryaverage", "industrymedian", "industrymean", "industrytotal", "sectoraverage", "sectormedian",
    "sectormean", "sectortotal", "peeraverage", "peermedian", "peermean", "worldtotal", "marketaverage", "arithmeticmean",
    "geometricmean", "overallmean", "overallaverage", "合计", "总计", "小计", "总和", "共计", "汇总", "平均", "平均值", "均值", "平均数", "中位数", "中值",
    "标准差", "标准偏差", "方差", "最大值", "最小值", "极大值", "极小值", "样本量", "样本数", "观测值", "观测数", "观察值", "全样本", "全部", "全体", "总体", "总数", "企业数",
    "公司数", "家数", "合計", "小計", "總計", "总額", "總額", "全国", "全國", "合計額", "평균", "합계", "소계", "총계", "итого", "всего", "среднее", "toplam", "ortalama",
    "suma", "razem", "celkem", "totaux", "gesamtergebnis", "σ", "∑", "grouptotal", "nofirms", "industryavg", "上市公司合计", "sampletotal", "avgs", "行业平均", "行业均值", "行业中位数", "行业中值", "行业合计",
))  # fmt: skip
# A firm may be called so: no total where codes are names.
PERHAPS = frozenset(["total"])
# Tickers are called so as well (ALL, MAX): a statistic where codes are of another kind, or where its figures say so.
TICKERS = frozenset((
    "all", "n", "min", "max", "obs", "sd", "std", "se", "cv", "var", "count", "cnt", "med", "avg", "iqr", "p1", "p5", "p10",
    "p25", "p50", "p75", "p90", "p95", "p99", "q1", "q2", "q3", "q25", "q50", "q75",
))  # fmt: skip
PERCENTILE = re.compile(
    r"\d{1,2}(\.\d)?%|\d{1,2}(st|nd|rd|th)(percentile|pctl|quantile|quartile|decile)|(percentile|pctl|quantile)\d{1,2}|第?\d{1,2}分位数?"
)
# Behind a total: of what, or of how many: Total 2019, Total (12 firms), 合计（3家）, Mean (N=3).
OF_WHAT = re.compile(r"^(?P<word>.+?)[\s:(]*(?:(?:n ?= ?)?\d[\d,]*\s*(?:firms|companies|obs\.?|家|家公司)?)[\s)]*$")
# A figure that differs from the statistic by less: rounding.
ROUNDING = 0.005
# Which of count, sum, mean, median, minimum, maximum and deviation a word names; others may be any of them.
STATISTICS = {
    **dict.fromkeys(("n", "obs", "count", "cnt", "nobs"), (0,)),
    **dict.fromkeys(("sum", "total", "totals", "合计", "总计", "总和", "共计"), (1,)),
    "all": (1, 2, 3),
    **dict.fromkeys(("mean", "avg", "average", "media", "moyenne", "平均", "均值"), (2,)),
    **dict.fromkeys(("median", "med", "mediana", "p50", "q2", "q50", "中位数"), (3,)),
    **dict.fromkeys(("min", "minimum", "最小值"), (4,)),
    **dict.fromkeys(("max", "maximum", "最大值"), (5,)),
    **dict.fromkeys(("sd", "std"), (6,)),
}
# Figures that a line must have, and lines beside it, to be known as a sum by them alone; the share of them that must be one.
FEWEST, ALL_BUT = 3, 0.9
# A name that says so: Total of firms, Mean over all companies, Sum (sample).
OF_ALL = re.compile(
    r"^(?P<word>[^\s(]+)[\s(]+(?:(?:of|over|for|all|the|in|du|der|aller)\s+)*(?:all|firms|companies|sample|industry|market|group|entreprises|unternehmen|firmen)\b"
)
MARKS = re.compile(r"[\s.:：\-_/*()（）\[\]]+")
TICKER = r"[A-Z]{1,5}(?:\.[A-Z]{1,2})?"


def is_total(value: str, named: bool) -> bool:
    """Return whether the text is a word for a sum or statistic; with `named` codes are names of firms, which may be called Total."""
    word = _bare(value)
    if word in TOTALS or PERCENTILE.fullmatch(word) or (not named and word in PERHAPS):
        return True
    text = plain(value)
    counted = OF_WHAT.match(text) if text[-1:] in ")0123456789家" and not text[:1].isdigit() else None
    return bool(counted and counted["word"].strip() != text and is_total(counted["word"], named))


def _bare(value: str) -> str:
    return MARKS.sub("", plain(value))


def may_be_ticker(value: str) -> bool:
    """Return whether the word is either a statistic or a ticker."""
    return _bare(value) in TICKERS


def names_total(name: str) -> bool:
    """Return whether the name of a line says that it is a sum or statistic of the others: 合计, Total of firms, Mean (all)."""
    word = OF_ALL.match(plain(name))
    return is_total(name, named=True) or bool(word and is_total(word["word"], named=False))


def shape_of(code: str) -> str:
    """Return of which kinds of letters, digits and marks a code is made, in their order: F12 and G3 are alike, World is not."""
    kinds = "".join("9" if c.isdigit() else "a" if c.islower() else "A" if c.isupper() else "w" if c.isalpha() else c for c in code)
    return re.sub(r"(.)\1+", r"\1", kinds)


def kind_of(codes: pd.Series, named: bool) -> str:
    """Return whether the codes of firms are 'names', 'tickers' or other 'codes'."""
    if not named and len(codes) and codes.str.fullmatch(f"{TICKER}|{TICKER.lower()}").fillna(False).mean() > 0.5:
        return "tickers"
    if named or (len(codes) and codes.str.contains(r"\d").fillna(False).mean() < 0.5):
        return "names"
    # 3M, 7-11, 5th Planet Games: no two alike, and words among them.
    shapes = pd.Series([shape_of(code) for code in codes], dtype="object").value_counts()
    worded = codes.str.contains(r"[a-z]{2}.* |\w \w*[a-z]{2}").fillna(False).any() if len(codes) else False
    return "names" if worded and shapes.iloc[0] * 2 <= len(codes) else "codes"


def could_be_firm(value: str, codes: list[str], kind: str) -> bool:
    """Return whether a word for a statistic may be the code of a firm among such `codes`."""
    if re.fullmatch(r"[A-Za-z]\d+", value):
        letters = {code[0] for code in codes if re.fullmatch(r"[A-Za-z]\d+", code)}
        return not codes or value[0] in letters or len(letters) > 1  # P5 beside P1 and P2
    if kind == "codes" or (not value.isascii() and all(code.isascii() for code in codes)):
        return False
    return kind == "names" or sum(shape_of(code) == shape_of(value) for code in codes) * 2 > len(codes)


def is_of(figures: pd.DataFrame, years: pd.Series, own: pd.Series, others: pd.Series, word: str = "") -> bool:
    """Return whether the lines `own` are a statistic of the lines `others` of their years, column by column: the one that `word` names, or any."""
    named = STATISTICS.get(_bare(word), tuple(range(7)))
    agree, seen = 0, 0
    for position in figures.index[own]:
        among = figures[others & years.eq(years[position])]
        for name in figures:
            value, of = figures.at[position, name], among[name].dropna()
            if np.isnan(value) or value == 0 or len(of) < 2 or of.nunique() < 2:
                continue
            statistics = np.array([len(of), of.sum(), of.mean(), of.median(), of.min(), of.max(), of.std()])[list(named)]
            seen += 1
            agree += bool((np.abs(statistics - value) <= ROUNDING * np.abs(statistics)).any())
    return seen > 0 and agree * 2 > seen


def sums_of_all(figures: pd.DataFrame, years: pd.Series, text: pd.Series, firms: pd.Series) -> list[str]:
    """Return the codes whose every figure is the sum of those of all others of its year; some figures may be of another rounding."""
    table, of = figures[firms], years[firms]
    groups = table.groupby(of)
    apart = (2 * table - groups.transform("sum")).abs() <= ROUNDING * table.abs()
    known = table.notna() & (table != 0) & (groups.transform("count") > FEWEST)
    codes = text[firms]
    agree, seen = (one.sum(axis=1).groupby(codes).sum() for one in (apart & known, known))
    return [str(code) for code in agree.index[(seen >= FEWEST) & (agree >= ALL_BUT * seen)]]


def figures_of(cells: pd.DataFrame, leave: set[str]) -> pd.DataFrame:
    """Return the columns of figures as numbers, without those to `leave`."""
    columns = {name: _numbers(cells[name]) for name in cells if name not in leave}
    table = pd.DataFrame({name: column.astype("float64") for name, column in columns.items()}, index=cells.index)
    return table.loc[:, table.notna().any()]


def _numbers(values: pd.Series) -> pd.Series:
    """Return a column as numbers, blank where it has none; text may group its digits by commas."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return values
    return pd.to_numeric(values.astype("string").str.replace(",", ""), errors="coerce")
