"""A share of deals with its exact interval (Clopper and Pearson 1934, Biometrika 26: 404-413), against a benchmark.

Rows that are all there are (the jurisdictions of a list, the patents of a country) are no draws from anything: with `sample=false`
their share is described, without an interval or a test.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, noted, parameter
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._left_out import listed
from analysis.inference import exact_binomial

METHOD = Method(
    title="A share with its exact interval",
    citation="Clopper and Pearson (1934), Biometrika 26: 404-413",
    library="statsmodels",
    needs=(),
    options={
        "hit": Option("", "column that marks a hit", columns=True),
        "hit_value": Option(None, "value that counts, blanks being left out; without one, any that is not blank counts", beside=("hit",)),
        "unknown": Option(None, "value that means nobody looked", beside=("hit",)),
        "hits": Option("", "column of hits, in a table of one row", columns=True, beside=("trials",)),
        "trials": Option("", "column of trials there", columns=True, beside=("hits",)),
        "benchmark": Option(None, "number or column that the share is compared with", columns=True),
        "sample": Option(True, "whether the trials are drawn from more; false: they are all there are, and their share has no interval"),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'share' and, against a benchmark, 'excess_share' (share less benchmark): 'exact', or 'none' with sample=false.

    Options: `hit` and `hit_value` (a deal counts where the column holds the value; without a value, where it is not
    blank), `unknown` (a value that means nobody looked: those deals are left out), or `hits` and `trials` (columns of
    a table of one row), and `benchmark` (a number, or a column). Raises NotIdentified where no deal was assessed.
    """
    options = METHOD.read(specification)
    if not ((options.hits and options.trials) or options.hit):
        raise BadOption(
            "binomial_share needs option hit, a column of deals, or hits and trials, columns of a table of one row",
            "hit",
            options.hit,
            "a column",
        )
    if options.hits and options.hit:
        raise BadOption("binomial_share takes option hit, or hits and trials, not both", "hit", options.hit, "none beside hits")
    named = (options.hits, options.trials) if options.hits else (options.hit,)
    METHOD.need(panel, specification, *named, *([options.benchmark] if isinstance(options.benchmark, str) else []))
    hits, trials, said = _counted(panel, options)
    if trials == 0 and options.hits:
        raise NotIdentified("SERIES", f"'{options.trials}' is 0: there is no share of no trials")
    if trials == 0:
        raise NotIdentified("FIELD", f"'{options.hit}' was assessed in none of the {len(panel)} deals")
    if not 0 <= hits <= trials:
        raise NotIdentified("SERIES", f"{hits} hits in {trials} trials are no share")
    share, library = hits / trials, "statsmodels" if options.sample else "analysis"
    about = {"inference": "exact" if options.sample else "none", "library": library, "n_obs": trials, **said}
    rows = [parameter("share", share, **_limits(hits, trials, 0.0, options.sample), **about)]
    if options.benchmark is not None:
        benchmark = _number(panel, options.benchmark)
        if not 0 <= benchmark <= 1:
            raise BadOption(
                f"binomial_share: the benchmark is {benchmark:g}; it must be a share between 0 and 1", "benchmark", benchmark, "from 0 to 1"
            )
        test: dict[str, Any] = {"p_value": exact_binomial.p_value(hits, trials, benchmark)} if options.sample else {}
        rows.append(parameter("excess_share", share - benchmark, **test, **_limits(hits, trials, benchmark, options.sample), **about))
    return rows


def _limits(hits: int, trials: int, benchmark: float, sample: bool) -> dict[str, Any]:
    """Return the ends of the exact 95 % and 90 % intervals of the share less `benchmark`; none of what is no sample."""
    if not sample:
        return {}
    wide, narrow = (proportion_confint(hits, trials, alpha, method="beta") for alpha in (0.05, 0.10))
    names = ("ci_low", "ci_high", "ci90_low", "ci90_high")
    return {name: end - benchmark for name, end in zip(names, (*wide, *narrow), strict=True)}


def _counted(panel: pd.DataFrame, options: SimpleNamespace) -> tuple[int, int, dict]:
    """Return hits, trials, and what is to be said of them: rows left out, or a value that no row holds."""
    if options.hits:
        return _whole(panel, options.hits), _whole(panel, options.trials), {}
    column = panel[options.hit]
    _same_kind(column, options)
    known = column[(column != options.unknown).fillna(True)] if options.unknown is not None else column
    if options.hit_value is None:
        return int(known.notna().sum()), len(known), {}
    blank = int(known.isna().sum())
    known = known.dropna()
    hits = int((known == options.hit_value).sum())
    said = {"left_out": f"{blank} row{'s' * (blank > 1)} without {options.hit}"} if blank else {}
    return hits, len(known), said if hits else said | _never(known, options)


def _never(known: pd.Series, options: SimpleNamespace) -> dict:
    """Return the note on a value that no row holds: none may be right; raise BadOption where one is but spelled otherwise."""
    held = sorted({str(value) for value in known})
    alike = [value for value in held if value.strip().casefold() == str(options.hit_value).strip().casefold()]
    message = f"no row holds {options.hit_value!r}; '{options.hit}' holds {listed(held)}"
    if alike:
        raise BadOption(f"binomial_share: option hit_value: {message}", "hit_value", options.hit_value, held)
    return noted(f"VALUE: {message}")


def _same_kind(column: pd.Series, options: SimpleNamespace) -> None:
    """Raise BadOption where the value asked for is a number and the column text, or the reverse: it would never be found."""
    text = column.dropna().map(lambda value: isinstance(value, str))
    for name in ("hit_value", "unknown"):
        value = getattr(options, name)
        if value is not None and len(text) and (text.all() if not isinstance(value, str) else not text.any()):
            kinds = ("text", "numbers") if text.all() else ("numbers", "text")
            raise BadOption(
                f"binomial_share: option {name} is {value!r}, but '{options.hit}' holds {kinds[0]}, not {kinds[1]}", name, value, kinds
            )


def _whole(panel: pd.DataFrame, column: object) -> int:
    value = _number(panel, column)
    if value % 1 != 0:
        raise NotIdentified("SERIES", f"'{column}' is {value:g}, which is no count")
    return int(value)


def _number(panel: pd.DataFrame, column: object) -> float:
    if isinstance(column, (int, float)):
        return float(column)
    if len(panel) != 1:
        raise NotIdentified("SERIES", f"'{column}' needs a table of one row; there are {len(panel)}")
    return float(panel[column].iloc[0])
