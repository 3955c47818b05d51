"""Intervals robust to violations of parallel trends (Rambachan and Roth 2023, REStud 90: 2555-2591).

Smoothness: the violation's slope changes by at most `change` from one period to the next (their section 2.3). Relative
magnitudes: a violation after treatment is at most `magnitude` times the largest one between consecutive
periods before it (their equation 7). Computed by moderndid's port of the authors' HonestDiD. diff-diff's option of
the same name is not this method and is not used. The library's tolerances are absolute, so that everything is computed in
standard errors and scaled back.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from analysis.core.distributions import normal_quantile
from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter, refused

# Points at which the test is inverted: the library bisects them, and its critical values cost far more than a point.
POINTS = 8001
# Grid of breakdown magnitudes: each bound takes seconds.
STEP, MOST = 0.1, 1.0


def relative_magnitude(
    event_time: np.ndarray,
    effect: np.ndarray,
    covariance: np.ndarray,
    magnitude: float,
    level: float = 0.05,
    weights: np.ndarray | None = None,
) -> tuple[float, float]:
    """Return the (1 - level) interval of the effect over event times >= 0, averaged with `weights` (equal by default).

    `event_time` (k,) sorted, without the reference period -1; `effect` (k,), `covariance` (k, k).
    Raises NotIdentified with fewer than two periods before treatment or an unusable covariance.
    """
    from moderndid import create_sensitivity_results_rm  # two seconds to import, and few specifications need it

    before, after = int((event_time < -1).sum()), int((event_time >= 0).sum())
    if before < 2 or after < 1:
        raise NotIdentified("PRE", f"{before} pre-treatment and {after} post-treatment periods: violations cannot be gauged")
    _find_the_same_sooner()
    if after == 1:
        _let_one_period_be_read()
    weights = np.full(after, 1 / after) if weights is None else np.asarray(weights, dtype=float)
    unit, effect, covariance = _standardized(effect, covariance)
    spread = float(np.sqrt(weights @ covariance[-after:, -after:] @ weights))
    centre = float(weights @ effect[-after:])
    # Wide enough that the interval ends inside the grid: worst violations accumulate over the post periods.
    reach = 20 * spread + after * magnitude * 2 * float(np.max(np.abs(np.diff(effect[:before])), initial=np.abs(effect[:before]).max()))

    result = _from_library(
        create_sensitivity_results_rm, betahat=effect, sigma=covariance, num_pre_periods=before, num_post_periods=after, m_bar_vec=[magnitude],
        l_vec=weights[:, None], alpha=level, grid_points=POINTS, grid_lb=centre - reach, grid_ub=centre + reach,
    )  # fmt: skip
    low, high = float(result["lb"][0]), float(result["ub"][0])
    if not (np.isfinite(low) and np.isfinite(high)):
        raise NotIdentified("PRE", "the robust interval is empty or unbounded on the grid")
    return low * unit, high * unit


def _from_library(function: Callable, **given: Any) -> pd.DataFrame:
    """Return what the library's `function` finds; raise NotIdentified where its programmes have no solution."""
    try:
        return function(**given)
    except (RuntimeError, ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        raise NotIdentified("PRE", f"moderndid found no interval ({' '.join(str(error).split())})") from error


def _find_the_same_sooner() -> None:
    """Let the library take critical values from inference.least_favorable, solve by inference.small_programmes, and skip what its first stage rejects.

    These give what the library's own ways give, in a tenth of the time.
    """
    from moderndid.didhonest import arp_nuisance

    from analysis.inference.hopeless_points import without_hopeless
    from analysis.inference.least_favorable import critical_value
    from analysis.inference.small_programmes import linprog

    arp_nuisance.compute_least_favorable_cv = critical_value
    arp_nuisance.opt = SimpleNamespace(linprog=linprog)
    found = arp_nuisance._binary_search_ci_bounds
    if found.__name__ == "among_hopeful":
        return

    def among_hopeful(accepted: Any, points: int) -> tuple[int | None, int | None]:
        return found(without_hopeless(accepted, points), points)

    arp_nuisance._binary_search_ci_bounds = among_hopeful


def _let_one_period_be_read() -> None:
    """Mend the library's interval for one period after treatment: it looks for points and verdicts in two columns that it never made."""
    from moderndid.didhonest.delta.rm import rm

    computed = rm.compute_arp_ci
    if computed.__name__ == "in_two_columns":
        return

    def in_two_columns(**given: Any) -> Any:
        found = computed(**given)
        return found._replace(accept_grid=np.column_stack([found.theta_grid, found.accept_grid]))

    rm.compute_arp_ci = in_two_columns


def _standardized(effect: np.ndarray, covariance: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the largest standard error, and effect (k,) and covariance (k, k) in units of it.

    Raises NotIdentified for a covariance that is not finite, zero or not positive semidefinite (as two-way clusters may leave it).
    """
    unit = float(np.sqrt(max(np.diag(covariance).max(), 0.0)))
    if not np.isfinite(covariance).all() or not np.isfinite(effect).all() or unit == 0:
        raise NotIdentified("PRE", "the event coefficients have no variance")
    scaled = covariance / unit**2
    if np.linalg.eigvalsh(scaled)[0] < -1e-10:
        raise NotIdentified("PRE", "the covariance of the event coefficients is not positive semidefinite")
    return unit, effect / unit, scaled


def breakdown(event_time: np.ndarray, effect: np.ndarray, covariance: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the largest relative magnitude at which the 95 % interval excludes zero, in steps of STEP up to MOST.

    Arguments as in `relative_magnitude`; 0 where the conventional interval holds zero. Intervals grow with the magnitude,
    so that bisection finds the end.
    """
    after = int((event_time >= 0).sum())
    weights = np.full(after, 1 / after) if weights is None else np.asarray(weights, dtype=float)
    if abs(weights @ effect[-after:]) <= normal_quantile(0.975) * np.sqrt(weights @ covariance[-after:, -after:] @ weights):
        return 0.0
    least, beyond = 0, round(MOST / STEP) + 1
    while beyond - least > 1:
        middle = (least + beyond) // 2
        low, high = relative_magnitude(event_time, effect, covariance, middle * STEP, weights=weights)
        least, beyond = (middle, beyond) if not low <= 0 <= high else (least, middle)
    return least * STEP


def smoothness(
    event_time: np.ndarray,
    effect: np.ndarray,
    covariance: np.ndarray,
    change: float,
    level: float = 0.05,
    weights: np.ndarray | None = None,
) -> tuple[float, float]:
    """Return the (1 - level) fixed-length interval of the same effect when the slope of the violation moves by at most `change`.

    Arguments as in `relative_magnitude`; raises NotIdentified without a period before treatment besides the reference.
    """
    from moderndid import create_sensitivity_results_sm

    before, after = int((event_time < -1).sum()), int((event_time >= 0).sum())
    if before < 1 or after < 1:
        raise NotIdentified("PRE", f"{before} pre-treatment and {after} post-treatment periods: violations cannot be gauged")
    weights = np.full(after, 1 / after) if weights is None else np.asarray(weights, dtype=float)
    unit, effect, covariance = _standardized(effect, covariance)
    result = _from_library(
        create_sensitivity_results_sm, betahat=effect, sigma=covariance, num_pre_periods=before, num_post_periods=after, method="FLCI", m_vec=[change / unit],
        l_vec=weights[:, None], alpha=level,
    )  # fmt: skip
    low, high = float(result["lb"][0]), float(result["ub"][0])
    if not (np.isfinite(low) and np.isfinite(high)):
        raise NotIdentified("PRE", "the robust interval was not found")
    return low * unit, high * unit


def _check_sizes(options: SimpleNamespace) -> None:
    for name in ("honest", "honest_smoothness"):
        for size in getattr(options, name):
            if isinstance(size, bool) or not isinstance(size, int | float) or not 0 <= size < np.inf:
                raise BadOption(
                    f"option {name} holds {size}; its items must be numbers from 0 on, and finite", name, size, "numbers from 0 on"
                )


def wants_bounds(options: SimpleNamespace) -> bool:
    """Return whether the options (core.options.BOUNDS) ask for any bound."""
    return bool(options.honest or options.honest_smoothness or options.breakdown)


def bounds_rows(
    event_time: np.ndarray, effect: np.ndarray, covariance: np.ndarray, weights: np.ndarray, options: SimpleNamespace, counts: dict
) -> list[dict]:
    """Return an 'att_honest' row, its size as setting, for every entry of `options.honest` and `options.honest_smoothness`, and a 'breakdown' row if asked.

    `weights` (event times >= 0,) define the effect that is bounded. Raises BadOption for a size that is negative or not finite.
    """
    _check_sizes(options)
    mean = float(weights @ effect[event_time >= 0])
    rows = []
    for kind, method, sizes in (
        ("relative_magnitude", relative_magnitude, options.honest),
        ("smoothness", smoothness, options.honest_smoothness),
    ):
        for size in sizes:
            about: dict[str, Any] = {"inference": f"honest_{kind}", "setting": str(float(size))}
            try:
                low, high = method(event_time, effect, covariance, size, weights=weights)
            except NotIdentified as error:
                rows.append(refused("att_honest", error.code, str(error), **about))
                continue
            rows.append(parameter("att_honest", mean, **about, ci_low=low, ci_high=high, library="moderndid", **counts))
    if options.breakdown:
        try:
            largest = breakdown(event_time, effect, covariance, weights)
            rows.append(parameter("breakdown", largest, inference="none", library="moderndid", **counts))
        except NotIdentified as error:
            rows.append(refused("breakdown", error.code, str(error)))
    return rows
