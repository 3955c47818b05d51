"""What must not change, and what must change by algebra alone: every estimator under every harmless change of its data.

A metamorphic test needs no right value: it holds two runs against each other (Chen, Cheung and Yiu 1998). Rows may be
permuted, columns renamed to words that the suite itself uses, names and periods written otherwise, types and files changed,
and nothing follows; an outcome or a regressor in other units gives the same p-values, and estimates times a power of the
unit. Cases are in _metamorphic_cases, changes in _metamorphic_changes; here two runs are compared.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.catalogue import modules
from analysis.core.estimates import number_of
from analysis.core.specification import Specification
from analysis.validation._metamorphic_cases import Case, case_of, run
from analysis.validation._metamorphic_changes import changes_of, scaled, shifted

TOLERANCE = 1e-8
NUMBERS = ("estimate", "std_error", "ci_low", "ci_high", "ci90_low", "ci90_high", "p_value", "mde80", "within_sd")
COUNTS = ("n_obs", "n_units", "n_treated", "n_clusters", "n_treated_clusters", "event_time", "draws")
SCALES = (1e-9, 1e9)
# An outcome in other units is another outcome: a count or a share.
FIXED_OUTCOME = ("fractional_response",)
# Neither a constant nor effects take up a shift of the outcome (lags of it do, with period dummies, only in differences).
MOVED_BY_OUTCOME = ("poisson_pseudo_likelihood", "fractional_response", "blundell_bond")
# Terms that hold the level of the outcome or of a regressor.
CLOCKS = ("const", "median", "survival", "restricted_mean", "rmst", "mean", "log_scale", "scale", "difference")
LEVELS = ("const", "theta", "pooled", "L1.", "mean_", "first_year", "ends:const", "survival")


def _numbers(rows: list[dict]) -> np.ndarray:
    """Return the numbers (rows, NUMBERS + COUNTS), NaN where a row has none."""
    return np.array([[number_of(row.get(key)) for key in NUMBERS + COUNTS] for row in rows], dtype=float)


def same(before: list[dict] | str, after: list[dict] | str, factors: np.ndarray | None = None) -> str:
    """Return "" if both runs have the same rows, the first one's numbers times `factors` (rows, numbers), else what differs.

    Numbers agree within TOLERANCE of the larger of their size and their row's standard error: an effect that is nil but for
    rounding has no relative precision.
    """
    if isinstance(before, str) or isinstance(after, str):
        return "" if before == after else f"refused: {before if isinstance(before, str) else after}"
    if len(before) != len(after):
        return f"{len(before)} rows, then {len(after)}"
    if not before:
        return ""
    old, new = _numbers(before), _numbers(after)
    old = old if factors is None else old * factors
    with np.errstate(invalid="ignore"):
        size = np.maximum(np.abs(old), np.nan_to_num(np.abs(old[:, [1]])))
        apart = ~((np.abs(new - old) <= TOLERANCE * size) | (np.isnan(new) & np.isnan(old)) | (new == old))
    # A p-value near one is as exact as the t-ratio behind it.
    apart[:, NUMBERS.index("p_value")] &= ~(np.abs(new - old)[:, NUMBERS.index("p_value")] <= TOLERANCE)
    if not apart.any():
        return ""
    row, column = np.argwhere(apart)[0]
    return f"{before[row]['term']}, {(NUMBERS + COUNTS)[column]}: {old[row, column]:.12g}, then {new[row, column]:.12g}"


def powers(before: list[dict], after: list[dict], factor: float, keys: tuple[str, ...] = ("std_error", "estimate")) -> np.ndarray:
    """Return for each row (rows,) the whole power of `factor` by which it changed: what the term's unit says.

    Standard errors tell it where there are some, since an estimate may be nil.
    """
    found = np.zeros(len(before))
    for position, (old, new) in enumerate(zip(before, after, strict=True)):
        for key in keys:
            one, other = abs(number_of(old.get(key))), abs(number_of(new.get(key)))
            if one > 0 and other > 0 and np.isfinite(one * other):
                found[position] = np.round(np.log(other / one) / np.log(factor))
                break
    return found


def regressors_of(specification: Specification) -> list[str]:
    """Return the continuous columns whose unit or origin may be chosen freely."""
    treatment = [specification.treatment] if specification.treatment == "price" else []
    return [*treatment, *specification.controls, *specification.instruments]


def check_scale(case: Case, column: str, before: list[dict]) -> str:
    """Return "" if the column in other units changes every estimate by a whole power of the unit, and no p-value."""
    data, specification = case.data(), case.specification()
    for factor in SCALES:
        after = run(*scaled(column, factor)(data, specification))
        if isinstance(after, str) or len(after) != len(before):
            return f"times {factor:g}: " + (same(before, after) or "refused")
        power = powers(before, after, factor)
        if (np.abs(power) > 2).any():
            return f"times {factor:g}: {before[int(np.argmax(np.abs(power) > 2))]['term']} changes out of proportion"
        factors = np.ones((len(before), len(NUMBERS + COUNTS)))
        moved = [i for i, key in enumerate(NUMBERS) if key not in ("p_value", "within_sd")]
        factors[:, moved] = factor ** power[:, None]
        factors[:, NUMBERS.index("within_sd")] = factor ** powers(before, after, factor, ("within_sd",))
        if difference := same(before, after, factors):
            return f"times {factor:g}: {difference}"
    return ""


def check_shift(case: Case, column: str, before: list[dict]) -> str:
    """Return "" if another origin of the column leaves all but levels as they are."""
    after = run(*shifted(column)(case.data(), case.specification()))
    if isinstance(after, str) or len(after) != len(before):
        return same(before, after) or "refused"
    kept = [i for i, row in enumerate(before) if not any(level in row["term"] for level in LEVELS)]
    return same([before[i] for i in kept], [after[i] for i in kept])


def check_clock(case: Case, before: list[dict]) -> str:
    """Return "" if durations in other units leave all but the level and quantities of time as they are."""
    data, specification = case.data(), case.specification()
    if specification.duration == "whole":
        return ""  # counts periods
    columns = [getattr(specification, field) for field in ("duration", "entry", "upper") if getattr(specification, field)]
    after = run(data.assign(**{column: data[column] * 1024 for column in columns}), specification)
    if isinstance(after, str) or len(after) != len(before):
        return same(before, after) or "refused"
    free = [i for i, row in enumerate(before) if not row["term"].startswith(CLOCKS)]
    return same([before[i] for i in free], [after[i] for i in free])


def outcomes_of(case: Case, left_out: tuple[str, ...] = ()) -> dict[str, str]:
    """Return for each change of this estimator's data, but those `left_out`, "" where it held, else the first difference."""
    data, specification = case.data(), case.specification()
    before = run(data, specification)
    if isinstance(before, str) or not any(np.isfinite(number_of(row.get("estimate"))) for row in before):
        raise AssertionError(f"{case.estimator}: nothing is estimated from the trial data ({before})")
    found = {name: same(before, run(*change(data, specification))) for name, change in changes_of(case).items() if name not in left_out}
    outcome = specification.outcome
    if outcome and case.estimator not in FIXED_OUTCOME:
        found["outcome in other units"] = check_scale(case, outcome, before)
    if specification.duration and not {"times", "horizon"} & set(specification.options) and case.table in ("spells", "switching"):
        found["durations in other units"] = check_clock(case, before)
    if outcome and case.estimator not in MOVED_BY_OUTCOME:
        found["outcome from another origin"] = check_shift(case, outcome, before)
    for column in regressors_of(specification):
        scale, shift = check_scale(case, column, before), check_shift(case, column, before)
        found["a regressor in other units"] = found.get("a regressor in other units", "") or (scale and f"{column} {scale}")
        found["a regressor from another origin"] = found.get("a regressor from another origin", "") or (shift and f"{column}: {shift}")
    return found


def check() -> pd.DataFrame:
    """Return one row per estimator and change: whether it held, and the first difference where it did not."""
    rows = []
    for estimator in modules("estimator"):
        for change, difference in outcomes_of(case_of(estimator)).items():
            rows.append({"estimator": estimator, "change": change, "held": difference == "", "difference": difference})
    result = pd.DataFrame(rows)
    result.attrs = {"evidence": "simulated"}
    return result
