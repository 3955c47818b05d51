"""All specifications of a curve of durations: location-scale models, with and without a share that never ends.

Every subset of the controls starts from the maximum of the model with all of them, a few Newton steps away. Under every permutation
of dates only the score at the model without the treatment is needed: its residuals are found once, and a permutation is a sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified, parameter
from analysis.core.preparation import prepare
from analysis.inference.cluster import cluster_sums, effective_degrees
from analysis.inference.cure_likelihood import Spells
from analysis.inference.cure_maximum import Maximum, maximise
from analysis.specification_curve.explore import Setting, read
from analysis.specification_curve.names import NONE
from analysis.specification_curve.two_way import subsets

# Estimator and its distribution by option → distribution, whether a share never ends.
MODELS = {
    "mixture_cure_regression": lambda options: (options.get("distribution", "weibull"), True),
    "aft_weibull": lambda options: ("weibull", False),
    "aft_lognormal": lambda options: ("lognormal", False),
    "aft_loglogistic": lambda options: ("loglogistic", False),
}


@dataclass(frozen=True)
class Sample:
    """Complete spells of one sample: regressors by name, cluster codes and degrees by cluster, exposure under every permutation.

    `permuted` (draws + 1, `movable` rows) has the exposure of the rows whose unit is ever treated, the actual one first.
    """

    spells: Spells
    columns: dict[str, np.ndarray]
    clusters: dict[str, tuple[np.ndarray, float]]
    movable: np.ndarray
    permuted: np.ndarray
    counts: dict[str, int]


def explore(panel: pd.DataFrame, curve: dict, setting: Setting) -> tuple[list[dict], np.ndarray, list[dict]]:
    """Return one row for each specification and cluster, and of those whose data no permutation changes scores (draws + 1, k) and choices.

    Coefficients are on log time. Raises nothing for specifications that the data cannot identify: they have no row.
    """
    label, first = next(iter(curve["dates"].items()))
    orders = permute(panel, curve, first, setting)
    rows, scores, permuted = [], [], []
    for name, where in curve["samples"].items():
        chosen = prepare(panel.assign(**orders), where, None, "")
        for outcome, columns in curve["outcomes"].items():
            sample = sample_of(chosen, columns, curve, list(orders), setting)
            for method, about in curve["estimators"].items():
                for controls, found, score in _fits(sample, curve, about, columns["permuted"]):
                    choices = {"sample": name, "outcome": outcome, "dates": label, "estimator": method, "fixed_effects": NONE}
                    choices["controls"] = ", ".join(controls) or NONE
                    rows += [{**choices, **row} for row in _rows(found, sample, setting)]
                    if score is not None:
                        scores.append(score)
                        permuted.append(choices)
    return rows, np.column_stack(scores) if scores else np.empty((curve["draws"] + 1, 0)), permuted


def permute(panel: pd.DataFrame, curve: dict, first: str, setting: Setting) -> dict[str, np.ndarray]:
    """Return the treatment (rows,) of every permutation of the dates `first` among the units that have one, the actual permutation first.

    A spell is treated when it begins at that date or later. Which units are ever treated stays as it is.
    """
    dates = panel.groupby(setting.unit, sort=True)[first].first().dropna()
    generator = np.random.default_rng(setting.seed)
    began, unit = panel[curve["spells"]["begins"]].astype("string"), panel[setting.unit]
    found = {}
    for draw in range(curve["draws"] + 1):
        values = dates.to_numpy() if draw == 0 else generator.permutation(dates.to_numpy())
        own = unit.map(pd.Series(values, index=dates.index)).astype("string")
        found[f"permuted_{draw}"] = (began >= own).fillna(False).to_numpy(float)
    return found


def sample_of(chosen: pd.DataFrame, columns: dict, curve: dict, permutations: list[str], setting: Setting) -> Sample:
    """Return the spells of `chosen` (rows of the panel, the permutations among its columns) with a duration and all controls."""
    about, controls = curve["spells"], curve["controls"]
    names = [about["treatment"], *about["always"], *controls]
    data = chosen.dropna(subset=[columns["duration"], *names, *curve["cluster"]]).reset_index(drop=True)
    low = data[columns["duration"]].to_numpy(float)
    if "upper" in columns:
        high = data[columns["upper"]].astype(float).fillna(np.inf).to_numpy()
    else:
        high = np.where(data[columns["event"]].to_numpy(float) == 1, low, np.inf)
    treated = (data[about["treatment"]] == 1).to_numpy(bool)
    clusters = {}
    for cluster in curve["cluster"]:
        codes = pd.factorize(data[cluster])[0]
        units = ~data.loc[treated, setting.unit].duplicated().to_numpy()
        clusters[cluster] = (codes, effective_degrees(codes[treated][units]) if treated.any() else np.nan)
    permuted = data[permutations].to_numpy().T
    movable = np.flatnonzero(permuted.any(0))
    counts = {"n_obs": len(data), "n_treated": int(data.loc[treated, setting.unit].nunique())}
    regressors = {name: data[name].to_numpy(float) for name in names}
    return Sample(Spells.between(low, high), regressors, clusters, movable, permuted[:, movable], counts)


def _fits(sample: Sample, curve: dict, method: dict, permuted: bool) -> Iterator[tuple[tuple[str, ...], Maximum, np.ndarray | None]]:
    """Yield for every subset of the controls its names, the fit (treatment first) and, if `permuted`, the score of every permutation."""
    distribution, cure = MODELS[method["estimator"]](method.get("options", {}))
    always, treatment = curve["spells"]["always"], curve["spells"]["treatment"]
    ones = np.ones(len(sample.spells.last))
    share = ones[:, None] if cure else None
    # A control that does not vary in the sample is no choice there.
    controls = [name for name in curve["controls"] if np.ptp(sample.columns[name]) > 0]
    fixed = [name for name in always if np.ptp(sample.columns[name]) > 0]
    near: dict[str, float] = {}
    for chosen in sorted(subsets(controls), key=len, reverse=True):
        names = [treatment, *fixed, *chosen]
        try:
            found = _maximum(sample, names, distribution, share, near)
            null = _maximum(sample, names[1:], distribution, share, near) if permuted else None
        except (NotIdentified, np.linalg.LinAlgError):
            continue
        yield chosen, found, None if null is None else sample.permuted @ null.first[0, sample.movable]


def _maximum(sample: Sample, names: list[str], distribution: str, share: np.ndarray | None, near: dict[str, float]) -> Maximum:
    """Return the maximum for the regressors `names`, looked for from `near` (coefficients by name; filled by the first one found)."""
    x = np.column_stack([*(sample.columns[name] for name in names), np.ones(len(sample.spells.last))])
    labels = [*names, "const", "log_scale", *(["ends"] if share is not None else [])]
    if near:
        try:
            return maximise(sample.spells, distribution, x, share, np.array([near[label] for label in labels]))
        except NotIdentified:
            return maximise(sample.spells, distribution, x, share)
    found = maximise(sample.spells, distribution, x, share)
    near.update(zip(labels, found.theta, strict=True))
    return found


def _rows(maximum: Maximum, sample: Sample, setting: Setting) -> Iterator[dict]:
    for cluster, (codes, degrees) in sample.clusters.items():
        error = float(np.sqrt(maximum.variance(cluster_sums(maximum.scores, codes))[0, 0]))
        row = parameter("treatment", float(maximum.theta[0]), error, inference="cluster", degrees=degrees, **sample.counts)
        yield {"inference": f"clustered by {cluster}", **read(row, 1.0, setting.region)}
