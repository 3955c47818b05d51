"""Dynamic panel GMM: moments in differences (Arellano and Bond 1991, REStud 58: 277-297) and in levels (Blundell and Bond 1998,
J. Econometrics 87: 115-143), with the corrected two-step variance of Windmeijer (2005, J. Econometrics 126: 25-51).

Written here because no library installs beside the others and tests its residuals rightly. Notation of Roodman (2009,
Stata Journal 9: 86-136). Rows are equations, first those in differences and then those in levels of each unit. A lag or a
difference is taken between consecutive periods only: a gap gives no row.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.core.distributions import chi2_tail, normal_tail
from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, noted, parameter, refused
from analysis.core.method import Method, Option
from analysis.core.specification import Specification
from analysis.estimators._regression import regressors_of
from analysis.inference.absorb import residualize
from analysis.inference.linear_moments import Estimate, Moments, Rows, dependent

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
EVERY = 99
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
    grid = _Grid(panel, specification, names)
    system = _system(grid, options, names, levels)
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


class _Grid:
    """The panel as units x periods arrays with NaN; the columns are consecutive periods."""

    def __init__(self, panel: pd.DataFrame, specification: Specification, names: list[str]) -> None:
        columns = [specification.unit, specification.time, specification.outcome, *names]
        data = panel[list(dict.fromkeys(columns))].dropna(subset=[specification.unit, specification.time])
        if data.empty:
            raise NotIdentified("SUPPORT", "no row has every variable")
        time = data[specification.time].astype(int).to_numpy()
        self.first_period = int(time.min())
        self.periods = int(time.max()) - self.first_period + 1
        codes, units = pd.factorize(data[specification.unit])
        self.outcome = specification.outcome
        self.values, self.origin, self._noise = {}, {}, {}
        for name in [specification.outcome, *names]:
            column = data[name].to_numpy(float)
            wide = np.full((len(units), self.periods), np.nan)
            wide[codes, time - self.first_period] = column
            known = column[np.isfinite(column)]
            self.values[name], self.origin[name] = wide, float(known.mean()) if len(known) else 0.0

    def lag(self, name: str, by: int) -> np.ndarray:
        wide = self.values[name]
        by = min(by, self.periods)
        return np.hstack([np.full((len(wide), by), np.nan), wide[:, : self.periods - by]]) if by else wide

    def change(self, name: str, by: int = 0) -> np.ndarray:
        """Return the changes from one period to the next, lagged `by` periods; those that are rounding are zero."""
        wide = self.lag(name, by)
        change = np.hstack([np.full((len(wide), 1), np.nan), np.diff(wide, axis=1)])
        return change * 0.0 if self.noise(name) > 1 else change

    def noise(self, name: str) -> float:
        """Return the rounding error of a variable's levels relative to the root mean square of its changes."""
        if name not in self._noise:
            change = np.diff(self.values[name], axis=1)
            known = change[np.isfinite(change)]
            size = float(np.sqrt((known**2).mean())) if len(known) else 0.0
            error = 8 * np.finfo(float).eps * float(np.nanmax(np.abs(self.values[name]), initial=0.0))
            self._noise[name] = error / size if size > 0 else np.inf
        return self._noise[name]


@dataclass(frozen=True)
class _System:
    """Rows of the regression with names of the regressors (period effects last); `difference` and `period` describe the rows.

    `noise` is the relative rounding error of the regressors that levels of the data leave in them.
    """

    rows: Rows
    columns: list[str]
    difference: np.ndarray
    period: np.ndarray
    noise: float


def _system(grid: _Grid, options: SimpleNamespace, names: list[str], levels: bool) -> _System:
    """Return the rows of every unit that has at least one in differences."""
    if options.lags + 2 > grid.periods:
        raise NotIdentified("SUPPORT", f"{options.lags} lags need {options.lags + 2} consecutive periods; the panel has {grid.periods}")
    own = [grid.lag(grid.outcome, lag) for lag in range(1, options.lags + 1)] + [grid.values[name] for name in names]
    columns = [f"L{lag}.{grid.outcome}" for lag in range(1, options.lags + 1)] + names
    level = np.stack([grid.values[grid.outcome], *own], axis=2)
    change = np.stack([grid.change(grid.outcome, lag) for lag in range(options.lags + 1)] + [grid.change(name) for name in names], axis=2)
    has_change, has_level = np.isfinite(change).all(2), np.isfinite(level).all(2)
    used = has_change.any(1)
    if not used.any():
        raise NotIdentified("SUPPORT", f"no unit has {options.lags + 2} consecutive periods with every variable")
    # An origin in the middle of the data: constants are the period effects' business, and large levels would cost digits.
    level = level - np.array([grid.origin[grid.outcome]] * (options.lags + 1) + [grid.origin[name] for name in names])
    shown = np.flatnonzero((has_level if levels else has_change)[used].any(0))
    unit, period, difference = _order(has_change & used[:, None], has_level & used[:, None] if levels else None)
    dummies, moved = _effects(grid.periods, shown, options.time_effects, levels)
    if levels and not options.time_effects:
        columns = [*columns, "const"]
    effects = np.where(difference[:, None], moved[period], dummies[period])
    values = np.where(difference[:, None], change[unit, period], level[unit, period])
    regressors = np.hstack([values[:, 1:], effects])
    # Period effects instrument the equation in levels alone, as in the published system estimates.
    standing = effects * ~difference[:, None] if levels else effects
    plain = _plain(options, grid, names, columns)
    absorbed = _absorbed(period, difference, grid.periods, levels) & options.time_effects
    blocks = [
        _lag_instruments(grid, name, unit, period, difference, limits, options.collapse, absorbed)
        for name, limits in _lagged(options, grid).items()
    ]
    instruments = np.hstack([*blocks, regressors[:, plain], standing])
    instruments = instruments[:, (np.abs(instruments) > 0).any(0)]
    codes = np.unique(unit, return_inverse=True)[1]
    rows = Rows(values[:, 0], regressors, instruments, codes, _spread(codes, period, difference, grid.periods))
    names_of = columns + [f"period ‹@{grid.first_period + t}›" for t in shown] * options.time_effects
    noise = max((n for n in map(grid.noise, [grid.outcome, *names]) if n <= 1), default=0.0)
    return _System(rows, names_of, difference, period, min(noise, 1e-4))


def _order(has_change: np.ndarray, has_level: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return unit, period and whether a row is a difference, unit by unit, differences first."""
    unit, period = np.nonzero(has_change)
    difference = np.ones(len(unit), bool)
    if has_level is not None:
        more = np.nonzero(has_level)
        unit, period = np.r_[unit, more[0]], np.r_[period, more[1]]
        difference = np.r_[difference, np.zeros(len(more[0]), bool)]
        order = np.argsort(unit, kind="stable")
        unit, period, difference = unit[order], period[order], difference[order]
    return unit, period, difference


def _effects(periods: int, shown: np.ndarray, time_effects: bool, levels: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the period effects' columns in levels and in differences, shape (periods, effects)."""
    dummies = np.eye(periods)[:, shown] if time_effects else np.ones((periods, int(levels)))
    if not levels:
        # Differenced period effects span all periods of the equation, so that plain dummies do as well there.
        return dummies, dummies
    return dummies, np.vstack([np.zeros((1, dummies.shape[1])), np.diff(dummies, axis=0)])


def _lagged(options: SimpleNamespace, grid: _Grid) -> dict[str, tuple[int, int]]:
    """Return the variables that are instrumented by their lags, with the first and the last of these."""
    lagged = {grid.outcome: tuple(options.instrument_lags)}
    return lagged | dict.fromkeys(options.predetermined, (1, EVERY)) | dict.fromkeys(options.endogenous, (2, EVERY))


def _plain(options: SimpleNamespace, grid: _Grid, names: list[str], columns: list[str]) -> list[int]:
    """Return the positions of the regressors that are their own instruments."""
    others = {*_lagged(options, grid), *options.no_instruments}
    return [i for i, name in enumerate(columns) if i >= options.lags and name in names and name not in others]


def _spread(unit: np.ndarray, period: np.ndarray, difference: np.ndarray, periods: int) -> sparse.csr_matrix:
    """Return the matrix (rows, units x periods) that takes errors in levels to the rows: one minus its predecessor in differences."""
    row = np.arange(len(unit))
    cell = unit * periods + period
    at = np.r_[cell, cell[difference] - 1]
    value = np.r_[np.ones(len(row)), -np.ones(int(difference.sum()))]
    return sparse.csr_matrix((value, (np.r_[row, row[difference]], at)), shape=(len(row), (int(unit[-1]) + 1) * periods))


def _lag_instruments(
    grid: _Grid,
    name: str,
    unit: np.ndarray,
    period: np.ndarray,
    difference: np.ndarray,
    limits: tuple[int, int],
    collapse: bool,
    absorbed: np.ndarray,
) -> np.ndarray:
    """Return the GMM instruments of one variable (rows, columns); unobserved lags are zero, and columns of nothing else are left out.

    One column per lag (or lag and period) for the equation in differences, and one (a period) for that in levels: the change
    dated one period after the first lag that is valid in differences. In `absorbed` periods (periods,) a constant added to
    a lag that is known in every row changes nothing: it is left out, which keeps digits.
    """
    first, last = limits[0], min(limits[1], grid.periods - 1)
    blocks = []
    for lag in range(first, last + 1):
        value = grid.lag(name, lag)[unit, period]
        known = np.isfinite(value) & difference
        share, count = np.bincount(period, known, grid.periods), np.bincount(period, difference, grid.periods)
        free = (share == 0) | (absorbed & (share == count))
        centred = free.all() if collapse else free[period]
        column = np.where(known, value, 0.0)
        shifted = np.where(known & centred, value - grid.origin[name], column)
        rows = difference & (period >= lag)
        blocks.append(_columns(shifted, column, period, rows, collapse))
    if not difference.all():
        wide = grid.values[name]
        moves = np.hstack([np.full((len(wide), 1), np.nan), np.diff(wide, axis=1)])
        at = period - (first - 1)
        value = np.nan_to_num(np.where(at >= 0, moves[unit, np.maximum(at, 0)], np.nan)) * ~difference
        blocks.append(_columns(value, value, period, ~difference, collapse))
    return np.hstack(blocks) if blocks else np.empty((len(unit), 0))


def _absorbed(period: np.ndarray, difference: np.ndarray, periods: int, levels: bool) -> np.ndarray:
    """Return in which periods the moments of the period effects say that the differenced errors sum to zero, shape (periods,).

    Period effects in differences say so directly; those in levels where the same units are seen now and one period before.
    """
    if not levels:
        return np.ones(periods, bool)
    now, change = np.bincount(period, ~difference, periods), np.bincount(period, difference, periods)
    return (now == change) & (np.r_[np.nan, now[:-1]] == change)


def _columns(value: np.ndarray, raw: np.ndarray, period: np.ndarray, rows: np.ndarray, collapse: bool) -> np.ndarray:
    """Return `value` (rows,) as one column, or a column per period, of `rows`; only where `raw` is not zero throughout."""
    if collapse:
        return value[:, None] if raw.any() else np.empty((len(value), 0))
    inside = np.flatnonzero(rows)
    used = np.unique(period[inside][raw[inside] != 0])
    inside = inside[np.isin(period[inside], used)]
    wide = np.zeros((len(value), len(used)))
    wide[inside, np.searchsorted(used, period[inside])] = value[inside]
    return wide


def _check_regressors(system: _System, levels: bool) -> None:
    """Raise NotIdentified with the names of regressors without variation or in a linear combination that is zero."""
    x, names = system.rows.regressors, np.array(system.columns)
    flat = ~(np.abs(x) > 0).any(0)
    if flat.any():
        why = "is constant" if levels else "does not change within units, and differences remove it"
        raise NotIdentified("SINGULAR", f"{', '.join(names[flat])} {why}")
    bad = dependent(x, system.noise)
    if bad.any():
        raise NotIdentified("SINGULAR", f"the regressors are collinear: {', '.join(names[bad])}")


def _check_moments(moments: Moments, system: _System, options: SimpleNamespace) -> None:
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


def _tests(moments: Moments, fit: Estimate, system: _System, counts: dict) -> list[dict]:
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


def _serial(moments: Moments, fit: Estimate, system: _System, order: int, counts: dict) -> dict:
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


def _bounds(grid: _Grid, names: list[str], options: SimpleNamespace, counts: dict) -> list[dict]:
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
