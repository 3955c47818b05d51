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
    "公司数", "家数", "行业平均", "行业均值", "行业中位数", "行业中值", "行业合计",
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


def like_tickers(text: pd.Series) -> list[str]:
    """Return the words of a column of codes that are either statistics or tickers."""
    return [value for value in text.dropna().unique() if _bare(value) in TICKERS]


def sums_up(cells: pd.DataFrame, text: pd.Series, values: list[str], others: pd.Series, named: bool) -> tuple[list[str], list[str]]:
    """Return which of the `values` of a column of codes sum up the lines `others`, and which cannot be told from a firm.

    They do where the codes of firms are no tickers (nor, with `named`, names), where they are not in capitals, and where their
    figures are a statistic of those of the others.
    """
    codes = text[others & text.notna() & ~text.isin(values)]
    tickers = named or (len(codes) > 0 and codes.str.fullmatch(TICKER).fillna(False).mean() > 0.5)
    known, unclear = [], []
    for value in values:
        numbered = re.fullmatch(r"[A-Za-z]\d+", value)
        if numbered and (codes.empty or codes.str.fullmatch(rf"{value[0]}\d+").fillna(False).any()):
            continue  # P5 beside P1 and P2
        sure = value != value.upper() or not tickers or _is_of(cells[text == value], cells[others])
        (known if sure else unclear).append(value)
    return known, unclear


def _is_of(own: pd.DataFrame, others: pd.DataFrame) -> bool:
    """Return whether a line's figures are the count, sum, extremes or means of the figures of the others, column by column."""
    agree, seen = 0, 0
    for name in own:
        value = pd.to_numeric(own[name].astype("string"), errors="coerce").dropna()
        of = pd.to_numeric(others[name].astype("string"), errors="coerce").dropna()
        if value.empty or len(of) < 2 or of.nunique() < 2:
            continue
        statistics = np.array([len(of), of.sum(), of.mean(), of.median(), of.min(), of.max(), of.std()])
        seen += 1
        agree += bool((np.abs(statistics - value.iloc[0]) <= ROUNDING * np.abs(statistics)).any())
    return seen > 0 and agree * 2 > seen
