"""Dynamic panel GMM: moments in differences (Arellano and Bond 1991, REStud 58: 277-297) and in levels (Blundell and Bond 1998,
J. Econometrics 87: 115-143), with the corrected two-step variance of Windmeijer (2005, J. Econometrics 126: 25-51).

Written here because no library installs beside the others and tests its residuals rightly. Notation of Roodman (2009,
Stata Journal 9: 86-136). Rows are equations, first those in differences and then those in levels of each unit. A lag or a
difference is taken between consecutive periods only: a gap gives no row.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.distributions import chi2_tail, normal_tail
from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, noted, parameter, refused
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.specification import Specification
from analysis.estimators._dynamic_system import Grid, System, system_of
from analysis.estimators._regression import regressors_of
from analysis.inference.absorb import residualize
from analysis.inference.linear_moments import Estimate, Moments, dependent

OPTIONS = {
    "lags": Option(1, "lags of the outcome among the regressors", minimum=1),
    "steps": Option("two", "one-step with robust errors, or two-step with Windmeijer's correction", ("one", "two")),
    "time_effects": Option(True, "a dummy per period"),
    "instrument_lags": Option([2, 99], "first and last lag of the outcome that instruments its differences"),
    "collapse": Option(False, "one instrument per lag, not one per lag and period (Roodman 2009)"),
    "predetermined": Option([], "controls instrumented by their lags 1 and further", columns=True),
    "endogenous": Option([], "controls instrumented by their lags 2 and further", columns=True),
    "no_instruments": Option([], "controls that bring no instruments of their own (lags of an endogenous control, say)", columns=True),
}
EXACT = 1e-11  # residuals of this share of the outcome are rounding


def declared(title: str, citation: str) -> Method:
    """Return the METHOD of moments in differences, or also in levels; errors are robust, by unit."""
    return Method(
        title=title,
        citation=f"{citation}; Windmeijer (2005), J. Econometrics 126: 25-51",
        library="analysis",
        needs=("outcome", "unit", "time"),
        accepts=("treatment", "controls"),
        options=OPTIONS,
    )


def rows_of(panel: pd.DataFrame, specification: Specification, method: Method, levels: bool) -> list[dict]:
    """Return lags ('L1.<outcome>'), regressors, tests 'ar1', 'ar2', 'hansen', 'sargan', and 'instruments', their number.

    With one lag also 'L1.<outcome>:pooled' and ':within', between which a consistent estimate should lie (Bond 2002).
    Raises NotIdentified without rows, and where regressors are constant or collinear, which it names.
    """
    options = method.read(specification)
    names = list(dict.fromkeys(regressors_of(specification)))
    _check(options, names, specification)
    grid = Grid(panel, specification, names)
    system = system_of(grid, options, names, levels)
    columns = system.columns
    _check_regressors(system, levels)
    m = system.rows.instruments.shape[1]
    if m < len(columns):
        raise NotIdentified("SUPPORT", f"{m} instruments for {len(columns)} parameters")
    moments = Moments(system.rows)
    _check_moments(moments, system, options)
    n_units = int(system.rows.unit[-1]) + 1
    counts = {"n_obs": int((~system.difference if levels else system.difference).sum()), "n_units": n_units, "n_clusters": n_units}
    fit = moments.first if options.steps == "one" else moments.second
    label = "gmm_one_step_robust" if options.steps == "one" else "gmm_two_step_windmeijer"
    shown = len(names) + options.lags
    rows = [
        parameter(c, b, np.sqrt(v), inference=label, **counts)
        for c, b, v in zip(columns[:shown], fit.coefficients, np.diag(fit.covariance), strict=False)
    ]
    rows += _tests(moments, fit, system, counts)
    rows.append(parameter("instruments", m, inference="none", **counts, **_warned(moments, m, n_units, options)))
    return rows + (_bounds(grid, names, options, counts) if options.lags == 1 else [])


def _check(options: SimpleNamespace, names: list[str], specification: Specification) -> None:
    context = f"{specification.name} ({specification.estimator})"
    for option in ("predetermined", "endogenous", "no_instruments"):
        if unknown_names := [name for name in getattr(options, option) if name not in names]:
            raise BadOption(
                f"{context}: option {option} names {', '.join(unknown_names)}, which is not among treatment and controls",
                option,
                unknown_names,
                (specification.treatment, *specification.controls),
            )
    if both := set(options.predetermined) & set(options.endogenous):
        raise BadOption(
            f"{context}: {', '.join(sorted(both))} cannot be both predetermined and endogenous",
            "predetermined",
            sorted(both),
            "columns that are not endogenous",
        )
    limits = options.instrument_lags
    whole = len(limits) == 2 and all(isinstance(lag, int) and not isinstance(lag, bool) for lag in limits)
    if not whole or limits[0] < 1 or limits[0] > limits[1]:
        raise BadOption(
            f"{context}: option instrument_lags is {limits}; it must be [first, last], whole numbers with 1 <= first <= last",
            "instrument_lags",
            limits,
            "[first, last]",
        )


def _check_regressors(system: System, levels: bool) -> None:
    """Raise NotIdentified with the names of regressors without variation or in a linear combination that is zero."""
    x, names = system.rows.regressors, np.array(system.columns)
    flat = ~(np.abs(x) > 0).any(0)
    if flat.any():
        why = "is constant" if levels else "does not change within units, and differences remove it"
        raise NotIdentified("SINGULAR", f"{', '.join(names[flat])} {why}")
    bad = dependent(x, system.noise)
    if bad.any():
        raise NotIdentified("SINGULAR", f"the regressors are collinear: {', '.join(names[bad])}")


def _check_moments(moments: Moments, system: System, options: SimpleNamespace) -> None:
    """Raise NotIdentified where the moments leave coefficients undetermined, or errors are zero."""
    names = np.array(system.columns)
    bad = dependent(moments.zx, system.noise) if moments.rank >= len(names) else np.ones(len(names), bool)
    if bad.any():
        raise NotIdentified("SINGULAR", f"the instruments, of rank {moments.rank}, do not determine {', '.join(names[bad])}")
    if np.linalg.norm(moments.first.residuals) <= max(EXACT, system.noise):
        raise NotIdentified("EXACT", "the regressors reproduce the outcome without error: nothing is left to weigh the moments by")
    if options.steps == "two" and moments.second_rank < len(names):
        raise NotIdentified(
            "SUPPORT", f"the two-step weights have rank {moments.second_rank} for {len(names)} parameters; steps=one does without them"
        )


def _warned(moments: Moments, m: int, n_units: int, options: SimpleNamespace) -> dict:
    """Return the reason that stands beside the number of instruments, if any."""
    said = [f"{m} instruments for {n_units} units; Hansen's test loses its power"] * (m > n_units)
    if moments.rank < m:
        said.append(f"of {m} instruments {moments.rank} are linearly independent")
    if moments.second_rank < moments.rank:
        said.append(f"the two-step weights are near-singular: of rank {moments.second_rank} for {moments.rank} instruments")
    if options.instrument_lags[0] < 2:
        said.append("lag 1 of the outcome is correlated with the differenced errors")
    return noted(f"WEAK: {'; '.join(said)}") if said else {}


def _tests(moments: Moments, fit: Estimate, system: System, counts: dict) -> list[dict]:
    rows = [_serial(moments, fit, system, order, counts) for order in (1, 2)]
    degrees = moments.rank - len(system.columns)
    if degrees == 0:
        return [*rows, refused("hansen", "EXACT", "as many instruments as parameters: nothing to test", "wald")]
    if moments.second_rank < len(system.columns):
        hansen = refused("hansen", "SUPPORT", f"the two-step weights have rank {moments.second_rank}", "wald")
    else:
        hansen = _chi_squared("hansen", moments.hansen(), degrees, counts)
    return [*rows, hansen, _chi_squared("sargan", moments.sargan(system.difference), degrees, counts)]


def _chi_squared(term: str, statistic: float, degrees: int, counts: dict) -> dict:
    return parameter(term, statistic, inference="wald", p_value=chi2_tail(statistic, degrees), **counts)


def _serial(moments: Moments, fit: Estimate, system: System, order: int, counts: dict) -> dict:
    """Return the test of no serial correlation of `order` in differenced errors."""
    wide = np.full((int(system.rows.unit[-1]) + 1, int(system.period.max()) + 1), np.nan)
    unit, period = system.rows.unit[system.difference], system.period[system.difference]
    wide[unit, period] = fit.residuals[system.difference]
    before = np.where(period >= order, wide[unit, np.maximum(period - order, 0)], np.nan)
    statistic = None
    if np.isfinite(before).any():
        lagged = np.zeros(len(fit.residuals))
        lagged[system.difference] = np.nan_to_num(before)
        statistic = moments.serial(fit, lagged)
    if statistic is None:
        return refused(f"ar{order}", "SUPPORT", "too few periods to test", "normal")
    return parameter(f"ar{order}", statistic, inference="normal", p_value=2 * normal_tail(abs(statistic)), **counts)


def _bounds(grid: Grid, names: list[str], options: SimpleNamespace, counts: dict) -> list[dict]:
    """Return the pooled and within coefficients of the lag: biased up and down (Nickell 1981), they bracket the truth."""
    columns = [grid.values[grid.outcome], grid.lag(grid.outcome, 1), *(grid.values[name] for name in names)]
    whole = np.isfinite(np.stack(columns)).all(0)
    unit, time = np.nonzero(whole)
    origin = np.array([grid.origin[grid.outcome]] * 2 + [grid.origin[name] for name in names])
    flat = np.column_stack([column[whole] for column in columns]) - origin
    period = np.unique(time, return_inverse=True)[1]
    firm = np.unique(unit, return_inverse=True)[1]
    swept = {"pooled": np.zeros_like(period)[:, None], "within": firm[:, None]}
    if options.time_effects:
        swept = {"pooled": period[:, None], "within": np.column_stack([firm, period])}
    rows = []
    for name, codes in swept.items():
        net = residualize(flat, codes)
        # Of one size, so that the units of a control decide nothing; a control that the effects span is left at zero.
        size = np.maximum(np.sqrt((net[:, 1:] ** 2).sum(0)), 1e-9 * np.sqrt((flat[:, 1:] ** 2).sum(0)) + np.finfo(float).tiny)
        value = float(np.linalg.lstsq(net[:, 1:] / size, net[:, 0], rcond=None)[0][0] / size[0])
        rows.append(parameter(f"L1.{grid.outcome}:{name}", value, inference="none", **counts | {"n_obs": len(flat)}))
    return rows
