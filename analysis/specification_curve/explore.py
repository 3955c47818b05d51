"""All specifications of one curve: estimates with intervals and readings, and their statistics under every permutation of dates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified, parameter
from analysis.core.preparation import prepare
from analysis.core.specification import Specification
from analysis.core.verdict_rule import Region, read_interval
from analysis.inference.absorb import within_sd
from analysis.specification_curve import permuted_estimates, two_way
from analysis.specification_curve.names import NONE, PERMUTED, TWO_WAY
from analysis.specification_curve.permutations import Permutations, permute

OUTCOME = "curve_outcome"
NUMBERS = ("estimate", "std_error", "ci_low", "ci_high", "ci90_low", "ci90_high")


@dataclass(frozen=True)
class Setting:
    """What all specifications of a curve share: the panel's names, the claim's region and the seed."""

    unit: str
    time: str
    region: Region
    seed: int


@dataclass(frozen=True)
class Estimated:
    """One specification: its choices, one row of numbers for each kind of inference, its statistic under every permutation."""

    choices: dict[str, str]
    rows: dict[str, dict]
    statistic: np.ndarray | None


def explore(panel: pd.DataFrame, curve: dict, setting: Setting) -> tuple[list[dict], np.ndarray, list[dict]]:
    """Return one row for each specification and inference, and of those that can be permuted statistics (draws + 1, k) and choices.

    Estimates and intervals are in the unit of the claim's region (see `scale_of`). Raises nothing for specifications that
    the data cannot identify: they have no row.
    """
    permutations = permute(
        panel, setting.unit, setting.time, curve["dates"], curve.get("permuted_within", []), curve["draws"], setting.seed
    )
    rows, statistics, permuted = [], [], []
    for sample, where in curve["samples"].items():
        for label, outcome in curve["outcomes"].items():
            data = prepare(panel, where, outcome, OUTCOME, setting.unit, setting.time).dropna(subset=[OUTCOME])
            if data.empty:
                continue
            scales = {dates: scale_of(data, outcome, cohort, setting) for dates, cohort in curve["dates"].items()}
            about = {"sample": sample, "outcome": label}
            for found in (*_two_way(data, curve, setting, permutations), *_cohort_estimators(data, curve, setting, permutations)):
                scale = scales[found.choices["dates"]]
                rows += [
                    {**about, **found.choices, "inference": name, **read(row, scale, setting.region)} for name, row in found.rows.items()
                ]
                if found.statistic is not None:
                    statistics.append(found.statistic)
                    permuted.append({**about, **found.choices})
    return rows, np.column_stack(statistics) if statistics else np.empty((curve["draws"] + 1, 0)), permuted


def scale_of(data: pd.DataFrame, outcome: dict, cohort: str, setting: Setting) -> float:
    """Return what an effect is divided by: one, or with `per: within_sd` or `per: mean` that of untreated observations."""
    untreated = ~(data[setting.time] >= data[cohort]).fillna(False).astype(bool)
    if outcome.get("per") == "within_sd":
        return within_sd(data, OUTCOME, setting.unit, setting.time, untreated)
    if outcome.get("per") == "mean":
        return float(data.loc[untreated, OUTCOME].mean())
    return 1.0


def _two_way(data: pd.DataFrame, curve: dict, setting: Setting, permutations: Permutations) -> Iterator[Estimated]:
    controls = curve.get("controls", {})
    # Subsets of the controls are compared on the rows that have all of them; without controls every row counts.
    complete = data.dropna(subset=list(controls.values()))
    subsets = list(two_way.subsets(list(controls)))
    if len(complete) == len(data):
        yield from _regressions(data, subsets, curve, setting, permutations)
        return
    yield from _regressions(data, subsets[:1], curve, setting, permutations)
    yield from _regressions(complete, subsets[1:], curve, setting, permutations)


def _regressions(
    data: pd.DataFrame, subsets: list[tuple[str, ...]], curve: dict, setting: Setting, permutations: Permutations
) -> Iterator[Estimated]:
    periods = data[setting.time].to_numpy(float)
    treatments = {
        label: (periods >= data[column].to_numpy(dtype=float, na_value=np.inf)).astype(float) for label, column in curve["dates"].items()
    }
    used = {name for chosen in subsets for name in chosen}
    blocks = {
        label: times(data[column].to_numpy(float), periods, curve["controls_times"])
        for label, column in curve.get("controls", {}).items()
        if label in used
    }
    cells = permutations.cells(data, setting.unit, setting.time)
    counts = {label: _counts(data, column, setting) for label, column in curve["dates"].items()}
    for name, effects in curve["fixed_effects"].items():
        swept = two_way.sweep(data, OUTCOME, treatments, blocks, effects)
        regressions = permuted_estimates.Regressions(swept, permutations, cells, swept.codes[:, 1 - effects.index(setting.unit)])
        chosen = [subset for subset in subsets if set(subset) <= set(swept.controls)]
        for fit in two_way.fits(data, swept, chosen, curve["cluster"]):
            statistic = same(fit.estimate, regressions.coefficients(fit))
            choices = {"estimator": TWO_WAY, "controls": ", ".join(fit.controls) or NONE, "fixed_effects": name, "dates": fit.dates}
            rows = {
                f"clustered by {cluster}": parameter("att", fit.estimate, error, inference="cluster", degrees=degrees, **counts[fit.dates])
                for cluster, (error, degrees) in fit.errors.items()
            }
            rows[PERMUTED] = placebo(fit.estimate, statistic, counts[fit.dates])
            yield Estimated(choices, rows, statistic)


def times(trait: np.ndarray, periods: np.ndarray, how: str) -> np.ndarray:
    """Return a trait before treatment (rows,) times every period (`year`) or times time (`trend`), shape (rows, k)."""
    if how == "trend":
        return (trait * (periods - periods.mean()))[:, None]
    return trait[:, None] * (periods[:, None] == np.unique(periods))


def same(estimate: float, statistic: np.ndarray) -> np.ndarray:
    """Return `statistic` (draws + 1,) if its first entry, the actual permutation, is the estimate itself; anything else is a defect."""
    if not np.isclose(statistic[0], estimate, rtol=1e-6, atol=1e-9):
        raise ArithmeticError(f"the actual dates give {estimate:.10g} as estimated and {statistic[0]:.10g} as a permutation")
    return statistic


def _counts(data: pd.DataFrame, cohort: str, setting: Setting) -> dict:
    begun = data[cohort].notna() & (data[cohort] <= data[setting.time].max())
    return {"n_obs": len(data), "n_treated": int(data.loc[begun, setting.unit].nunique())}


def placebo(estimate: float, statistic: np.ndarray, counts: dict) -> dict:
    """Return the row whose interval is the estimate plus and minus the quantile of permuted estimates in absolute value.

    The interval of Conley and Taber (2011, REStat 93: 113-125) with permuted dates in place of residuals.
    """
    drawn = np.abs(statistic[1:][np.isfinite(statistic[1:])])
    wide_half, half = (float(np.quantile(drawn, level)) for level in (0.95, 0.90))
    p_value = float((1 + np.sum(drawn >= abs(statistic[0]) * (1 - 1e-9))) / (1 + len(drawn)))
    ends = {"ci_low": estimate - wide_half, "ci_high": estimate + wide_half, "ci90_low": estimate - half, "ci90_high": estimate + half}
    return {"estimate": estimate, "std_error": np.nan, "p_value": p_value, **ends, **counts}


def _cohort_estimators(data: pd.DataFrame, curve: dict, setting: Setting, permutations: Permutations) -> Iterator[Estimated]:
    table = permutations.table(data[OUTCOME].to_numpy(float), permutations.cells(data, setting.unit, setting.time), np.nan)
    for dates, column in curve["dates"].items():
        for label, about in curve.get("estimators", {}).items():
            base = Specification(
                name="curve", estimator=about["estimator"], outcome=OUTCOME, unit=setting.unit, time=setting.time, cohort=column,
                controls=tuple(about.get("controls", ())), options=about.get("options", {}), seed=setting.seed,
            )  # fmt: skip
            fitted = {f"clustered by {cluster}": _fit(data, replace(base, cluster=(cluster,))) for cluster in curve["cluster"]}
            rows = {name: row for name, row in fitted.items() if row is not None}
            first = next(iter(rows.values()), None)
            if first is None:
                continue
            statistic = _permuted(about, table, permutations, dates)
            if statistic is not None:
                statistic = same(first["estimate"], statistic)
                rows[PERMUTED] = placebo(first["estimate"], statistic, {name: first[name] for name in ("n_obs", "n_treated")})
            choices = {"estimator": label, "controls": ", ".join(base.controls) or NONE, "fixed_effects": NONE, "dates": dates}
            yield Estimated(choices, rows, statistic)


def _permuted(method: dict, table: np.ndarray, permutations: Permutations, dates: str) -> np.ndarray | None:
    """Return the statistic under every permutation, for the estimators that have one; with covariates there is none."""
    if method.get("controls"):
        return None
    if method["estimator"] == "callaway_santanna":
        return permuted_estimates.cohort_means(
            table, permutations, dates, method.get("options", {}).get("control_group") == "not_yet_treated"
        )
    if method["estimator"] == "borusyak_jaravel_spiess":
        return permuted_estimates.imputation(table, permutations, dates)
    return None


def _fit(data: pd.DataFrame, specification: Specification) -> dict | None:
    """Return the row of the overall effect, or nothing where the data cannot identify it or give it no error."""
    if specification.cluster == (specification.unit,):
        specification = replace(specification, cluster=())
    try:
        rows = import_module(f"analysis.estimators.{specification.estimator}").estimate(data, specification)
    except (NotIdentified, np.linalg.LinAlgError):
        return None
    found = [row for row in rows if row["term"] == "att" and np.isfinite(row.get("ci_low", np.nan))]
    return found[0] if found else None


def read(row: dict, scale: float, region: Region) -> dict:
    """Return the numbers of a row over `scale`, and what the claim's rule reads in its interval."""
    numbers = {name: row[name] / scale for name in NUMBERS}
    reading = read_interval((numbers["ci_low"], numbers["ci_high"]), (numbers["ci90_low"], numbers["ci90_high"]), region)
    more = {name: row[name] for name in ("p_value", "n_obs", "n_treated")}
    return {**numbers, **more, "reading": f"{reading.verdict} ({reading.code})"}
