"""A share of deals with its exact interval (Clopper and Pearson 1934, Biometrika 26: 404-413), against a benchmark."""

from __future__ import annotations

import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.method import Method, Option

METHOD = Method(
    title="A share with its exact interval",
    citation="Clopper and Pearson (1934), Biometrika 26: 404-413",
    library="statsmodels",
    needs=(),
    options={
        "hit": Option("", "column that marks a hit"),
        "hit_value": Option(None, "value that counts; without one, any that is not blank"),
        "unknown": Option(None, "value that means nobody looked"),
        "hits": Option("", "column of hits, in a table of one row"),
        "trials": Option("", "column of trials there"),
        "benchmark": Option(None, "number or column that the share is compared with"),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'share' and, against a benchmark, 'excess_share' (share less benchmark).

    Options: `hit` and `hit_value` (a deal counts where the column holds the value; without a value, where it is not
    blank), `unknown` (a value that means nobody looked: those deals are left out), or `hits` and `trials` (columns of
    a table of one row), and `benchmark` (a number, or a column). Raises NotIdentified where no deal was assessed.
    """
    options = METHOD.read(specification)
    hits, trials = _counted(panel, options)
    if trials == 0:
        raise NotIdentified("FIELD", f"'{options.hit}' was assessed in none of the {len(panel)} deals")
    benchmark = 0.0 if options.benchmark is None else _number(panel, options.benchmark)
    test = stats.binomtest(hits, trials, benchmark if benchmark else 0.5)
    wide, narrow = (proportion_confint(hits, trials, alpha, method="beta") for alpha in (0.05, 0.10))
    rows = [
        parameter(
            "share",
            hits / trials,
            inference="exact",
            library="statsmodels",
            n_obs=trials,
            ci_low=wide[0],
            ci_high=wide[1],
            ci90_low=narrow[0],
            ci90_high=narrow[1],
        )
    ]
    if benchmark:
        rows.append(
            parameter(
                "excess_share", hits / trials - benchmark, inference="exact", library="statsmodels", n_obs=trials, p_value=test.pvalue, ci_low=wide[0] - benchmark,
                ci_high=wide[1] - benchmark, ci90_low=narrow[0] - benchmark, ci90_high=narrow[1] - benchmark,
            )
        )  # fmt: skip
    return rows


def _counted(panel: pd.DataFrame, options) -> tuple[int, int]:
    if options.hits:
        return int(_number(panel, options.hits)), int(_number(panel, options.trials))
    column = panel[options.hit]
    known = column[(column != options.unknown).fillna(True)] if options.unknown is not None else column
    hit = known.notna() if options.hit_value is None else (known == options.hit_value).fillna(False)
    return int(hit.sum()), len(known)


def _number(panel: pd.DataFrame, column: object) -> float:
    if isinstance(column, (int, float)):
        return float(column)
    if len(panel) != 1:
        raise NotIdentified("SERIES", f"'{column}' needs a table of one row; there are {len(panel)}")
    return float(panel[column].iloc[0])
