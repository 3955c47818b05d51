"""Dynamic panel GMM: moments in differences (Arellano and Bond 1991, REStud 58: 277-297) and in levels (Blundell and Bond 1998,
J. Econometrics 87: 115-143), with the corrected two-step variance of Windmeijer (2005, J. Econometrics 126: 25-51).

Written here because no library installs beside the others and tests its residuals rightly. Notation of Roodman (2009,
Stata Journal 9: 86-136): X regressors, Z instruments, stacked by unit; rows of a unit are its equations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimates import NotIdentified, parameter, refused
from analysis.inference.absorb import residualize
from analysis.inference.distributions import chi2_tail, normal_tail
from analysis.method import Method, Option

OPTIONS = {
    "lags": Option(1, "lags of the outcome among the regressors", minimum=1),
    "steps": Option("two", "one-step with robust errors, or two-step with Windmeijer's correction", ("one", "two")),
    "time_effects": Option(True, "a dummy a period"),
    "instrument_lags": Option([2, 99], "first and last lag of the outcome that instruments its differences"),
    "collapse": Option(False, "one instrument a lag, not one a lag and period (Roodman 2009)"),
    "predetermined": Option([], "controls instrumented by their lags 1 and further"),
    "endogenous": Option([], "controls instrumented by their lags 2 and further"),
    "no_instruments": Option([], "controls that bring no instruments of their own (lags of an endogenous control, say)"),
}


@dataclass(frozen=True)
class _Unit:
    """Equations of one unit: outcome (rows,), regressors (rows, k), instruments (rows, m), weight block, which are differences."""

    y: np.ndarray
    x: np.ndarray
    z: np.ndarray
    h: np.ndarray
    difference: np.ndarray
    period: np.ndarray


def estimate(panel: pd.DataFrame, specification, method: Method, levels: bool) -> list[dict]:
    """Return lags ('L1.<outcome>'), regressors, tests 'ar1', 'ar2', 'hansen', 'sargan', and 'instruments', their number.

    With one lag also 'L1.<outcome>:pooled' and ':within', between which a consistent estimate should lie (Bond 2002).
    """
    options = method.read(specification)
    names = [name for name in (specification.treatment, *specification.controls) if name]
    for name in (*options.predetermined, *options.endogenous, *options.no_instruments):
        if name not in names:
            raise ValueError(f"{specification.estimator}: '{name}' is not among treatment and controls")
    grid = _Grid(panel, specification, names)
    units, columns = _equations(grid, options, names, levels)
    if not units:
        raise NotIdentified("SUPPORT", f"no unit has {options.lags + 2} consecutive periods with every variable")
    x, z = np.vstack([u.x for u in units]), np.vstack([u.z for u in units])
    used = np.abs(z).sum(0) > 0
    units = [_Unit(u.y, u.x, u.z[:, used], u.h, u.difference, u.period) for u in units]
    z = z[:, used]
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise NotIdentified("SINGULAR", f"the regressors are collinear: {', '.join(columns)}")
    if z.shape[1] < x.shape[1]:
        raise NotIdentified("SUPPORT", f"{z.shape[1]} instruments for {x.shape[1]} parameters")
    fit = _Gmm(units)
    counts = {
        "n_obs": int(sum((~u.difference if levels else u.difference).sum() for u in units)),
        "n_units": len(units),
        "n_clusters": len(units),
    }
    beta, covariance = (fit.beta1, fit.robust1) if options.steps == "one" else (fit.beta2, fit.corrected2)
    label = "gmm_one_step_robust" if options.steps == "one" else "gmm_two_step_windmeijer"
    shown = len(names) + options.lags
    rows = [
        parameter(c, b, np.sqrt(v), inference=label, **counts) for c, b, v in zip(columns[:shown], beta, np.diag(covariance), strict=False)
    ]
    rows += _tests(fit, options, covariance, counts)
    warned = (
        {}
        if z.shape[1] <= len(units)
        else {"reason": f"WEAK: {z.shape[1]} instruments for {len(units)} units; Hansen's test loses its power"}
    )
    rows.append(parameter("instruments", z.shape[1], inference="none", **counts, **warned))
    return rows + (_bounds(grid, names, options, counts) if options.lags == 1 else [])


class _Grid:
    """The panel as units x periods arrays with NaN; periods are consecutive."""

    def __init__(self, panel: pd.DataFrame, specification, names: list[str]):
        columns = [specification.unit, specification.time, specification.outcome, *names]
        data = panel[columns].dropna(subset=[specification.unit, specification.time])
        time = data[specification.time].astype(int)
        self.periods = np.arange(time.min(), time.max() + 1)
        codes, units = pd.factorize(data[specification.unit])
        self.outcome_name = specification.outcome
        self.values = {}
        for name in [specification.outcome, *names]:
            wide = np.full((len(units), len(self.periods)), np.nan)
            wide[codes, time - time.min()] = data[name].to_numpy(float)
            self.values[name] = wide

    def lag(self, name: str, by: int) -> np.ndarray:
        wide = self.values[name]
        return np.hstack([np.full((len(wide), by), np.nan), wide[:, : wide.shape[1] - by]]) if by else wide


def _equations(grid: _Grid, options, names: list[str], levels: bool) -> tuple[list[_Unit], list[str]]:
    """Return the units with at least one equation, and the names of the regressors (period dummies last)."""
    y = grid.values[grid.outcome_name]
    own = [grid.lag(grid.outcome_name, lag) for lag in range(1, options.lags + 1)] + [grid.values[name] for name in names]
    columns = [f"L{lag}.{grid.outcome_name}" for lag in range(1, options.lags + 1)] + names
    stacked = np.stack([y, *own], axis=2)
    change = np.concatenate([np.full_like(stacked[:, :1], np.nan), np.diff(stacked, axis=1)], axis=1)
    has_level, has_change = np.isfinite(stacked).all(2), np.isfinite(change).all(2)
    shown = (has_level if levels else has_change).any(0)
    dummies = np.eye(len(grid.periods))[:, np.flatnonzero(shown)] if options.time_effects else np.empty((len(grid.periods), 0))
    if levels and not options.time_effects:
        dummies, columns = np.ones((len(grid.periods), 1)), [*columns, "const"]
    # Differenced period effects span all periods of the equation, so that plain dummies do as well there.
    moved = np.vstack([np.zeros((1, dummies.shape[1])), np.diff(dummies, axis=0)]) if levels else dummies
    lagged = {grid.outcome_name: tuple(options.instrument_lags)}
    lagged |= dict.fromkeys(options.predetermined, (1, 99)) | dict.fromkeys(options.endogenous, (2, 99))
    plain = [i for i, name in enumerate(columns) if i >= options.lags and name in names and name not in {*lagged, *options.no_instruments}]
    step = np.eye(len(grid.periods)) - np.eye(len(grid.periods), k=-1)
    units = []
    for i in range(len(y)):
        rows_d = np.flatnonzero(has_change[i])
        rows_l = np.flatnonzero(has_level[i]) if levels else np.empty(0, int)
        if not len(rows_d):
            continue
        regress = np.vstack([np.hstack([change[i, rows_d, 1:], moved[rows_d]]), np.hstack([stacked[i, rows_l, 1:], dummies[rows_l]])])
        operator = np.vstack([step[rows_d], np.eye(len(grid.periods))[rows_l]])
        difference = np.r_[np.ones(len(rows_d), bool), np.zeros(len(rows_l), bool)]
        blocks = [
            _lag_instruments(grid.values[n][i], rows_d, rows_l, first, last, options.collapse, levels)
            for n, (first, last) in lagged.items()
        ]
        # Period effects instrument the equation in levels alone, as in the published system estimates.
        effects = regress[:, len(columns) - ("const" in columns) :] * (~difference[:, None] if levels else 1)
        z = np.hstack([*blocks, regress[:, plain], effects])
        outcome = np.r_[change[i, rows_d, 0], stacked[i, rows_l, 0]]
        units.append(_Unit(outcome, regress, z, operator @ operator.T, difference, np.r_[rows_d, rows_l]))
    return units, columns


def _lag_instruments(series: np.ndarray, rows_d, rows_l, first: int, last: int, collapse: bool, levels: bool) -> np.ndarray:
    """Return the GMM instruments of one variable of one unit; unobserved lags are zero."""
    known = np.nan_to_num(series)
    periods = len(series)
    last = min(last, periods - 1)
    lags = range(first, last + 1)
    if collapse:
        below = np.array([[known[t - lag] if t >= lag else 0.0 for lag in lags] for t in rows_d]).reshape(len(rows_d), len(lags))
    else:
        at = {(t, lag): position for position, (t, lag) in enumerate((t, lag) for t in range(periods) for lag in lags if t >= lag)}
        below = np.zeros((len(rows_d), len(at)))
        for row, t in enumerate(rows_d):
            for lag in lags:
                if t >= lag:
                    below[row, at[t, lag]] = known[t - lag]
    if not levels:
        return below
    # In levels: the change dated one period after the first lag that is valid in differences.
    moves = np.nan_to_num(np.r_[np.nan, np.diff(series)])
    above = np.zeros((len(rows_l), 1 if collapse else periods))
    for row, t in enumerate(rows_l):
        if t >= first - 1:
            above[row, 0 if collapse else t] = moves[t - (first - 1)]
    corner = np.zeros((len(rows_d), above.shape[1]))
    return np.vstack([np.hstack([below, corner]), np.hstack([np.zeros((len(rows_l), below.shape[1])), above])])


class _Gmm:
    """One- and two-step estimates with their covariances."""

    def __init__(self, units: list[_Unit]):
        self.units = units
        self.xz = sum(u.x.T @ u.z for u in units)
        self.zy = sum(u.z.T @ u.y for u in units)
        self.w1 = np.linalg.pinv(sum(u.z.T @ u.h @ u.z for u in units), hermitian=True)
        self.bread1 = np.linalg.inv(self.xz @ self.w1 @ self.xz.T)
        self.beta1 = self.bread1 @ self.xz @ self.w1 @ self.zy
        moments = np.array([u.z.T @ (u.y - u.x @ self.beta1) for u in units])
        omega = moments.T @ moments
        half = self.bread1 @ self.xz @ self.w1
        self.robust1 = half @ omega @ half.T
        self.w2 = np.linalg.pinv(omega, hermitian=True)
        self.bread2 = np.linalg.inv(self.xz @ self.w2 @ self.xz.T)
        self.beta2 = self.bread2 @ self.xz @ self.w2 @ self.zy
        self.corrected2 = self._windmeijer()

    def residuals(self, beta: np.ndarray) -> list[np.ndarray]:
        return [u.y - u.x @ beta for u in self.units]

    def _windmeijer(self) -> np.ndarray:
        """Return the corrected covariance (his equation 3.8): the weights' dependence on the first step is differentiated."""
        first = self.residuals(self.beta1)
        push = self.w2 @ sum(u.z.T @ e for u, e in zip(self.units, self.residuals(self.beta2), strict=True))
        change = np.zeros((len(self.beta1), len(self.beta1)))
        for k in range(len(self.beta1)):
            # Z'(x_k e' + e x_k')Z applied to `push`, without forming the matrices.
            slope = np.zeros(len(push))
            for u, e in zip(self.units, first, strict=True):
                xk, ze = u.z.T @ u.x[:, k], u.z.T @ e
                slope += xk * (ze @ push) + ze * (xk @ push)
            change[:, k] = self.bread2 @ self.xz @ self.w2 @ slope
        return self.bread2 + change @ self.bread2 + self.bread2 @ change.T + change @ self.robust1 @ change.T


def _tests(fit: _Gmm, options, covariance: np.ndarray, counts: dict) -> list[dict]:
    beta, weight, bread = (fit.beta1, fit.w1, fit.bread1) if options.steps == "one" else (fit.beta2, fit.w2, fit.bread2)
    rows = [_serial(fit, order, beta, weight, bread, covariance, counts) for order in (1, 2)]
    degrees = fit.xz.shape[1] - fit.xz.shape[0]
    if degrees == 0:
        return [*rows, refused("hansen", "EXACT", "as many instruments as parameters: nothing to test", "wald")]
    moment2 = fit.zy - fit.xz.T @ fit.beta2
    hansen = float(moment2 @ fit.w2 @ moment2)
    moment1 = fit.zy - fit.xz.T @ fit.beta1
    differenced = np.concatenate([e[u.difference] for u, e in zip(fit.units, fit.residuals(fit.beta1), strict=True)])
    # Differenced errors have twice the variance of the errors.
    variance = float(differenced @ differenced) / (len(differenced) - fit.xz.shape[0]) / 2
    sargan = float(moment1 @ fit.w1 @ moment1) / variance
    for term, statistic in (("hansen", hansen), ("sargan", sargan)):
        rows.append(parameter(term, statistic, inference="wald", p_value=chi2_tail(statistic, degrees), **counts))
    return rows


def _serial(fit: _Gmm, order: int, beta, weight, bread, covariance, counts: dict) -> dict:
    """Return the test of no serial correlation of `order` in differenced errors (Arellano and Bond 1991, equation 8)."""
    total, squares = 0.0, 0.0
    slope, cross = np.zeros(len(beta)), np.zeros(fit.xz.shape[1])
    for u, e in zip(fit.units, fit.residuals(beta), strict=True):
        at = {t: row for row, t in enumerate(u.period) if u.difference[row]}
        lagged = np.zeros(len(e))
        for t, row in at.items():
            if t - order in at:
                lagged[row] = e[at[t - order]]
        own = float(lagged @ e)
        total, squares = total + own, squares + own**2
        slope += lagged @ u.x
        cross += (u.z.T @ e) * own
    variance = squares - 2 * slope @ bread @ fit.xz @ weight @ cross + slope @ covariance @ slope
    if total == 0 or variance <= 0:
        return refused(f"ar{order}", "SUPPORT", "too few periods to test", "normal")
    statistic = float(total / np.sqrt(variance))
    return parameter(f"ar{order}", statistic, inference="normal", p_value=2 * normal_tail(abs(statistic)), **counts)


def _bounds(grid: _Grid, names: list[str], options, counts: dict) -> list[dict]:
    """Return the pooled and within coefficients of the lag: biased up and down (Nickell 1981), they bracket the truth."""
    columns = [grid.values[grid.outcome_name], grid.lag(grid.outcome_name, 1), *(grid.values[name] for name in names)]
    whole = np.isfinite(np.stack(columns)).all(0)
    unit, time = np.nonzero(whole)
    flat = np.column_stack([column[whole] for column in columns])
    period = np.unique(time, return_inverse=True)[1]
    firm = np.unique(unit, return_inverse=True)[1]
    swept = {"pooled": np.zeros_like(period)[:, None], "within": firm[:, None]}
    if options.time_effects:
        swept = {"pooled": period[:, None], "within": np.column_stack([firm, period])}
    rows = []
    for name, codes in swept.items():
        net = residualize(flat, codes)
        value = float(np.linalg.lstsq(net[:, 1:], net[:, 0], rcond=None)[0][0])
        rows.append(parameter(f"L1.{grid.outcome_name}:{name}", value, inference="none", **counts | {"n_obs": len(flat)}))
    return rows
