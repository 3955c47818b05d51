"""Hazards of durations known by period (Prentice and Gloeckler 1978, Biometrics 34: 57-67).

A binary regression over unit-periods: the complementary log-log link makes coefficients those of proportional hazards
in continuous time, which annual reports only show by year.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._durations import cluster_counts, counts_of, regressors_of, spells_of
from analysis.inference.binary_response import Fit, Separated, fit
from analysis.inference.separation import culprits, in_words
from analysis.inference.standard_units import need_full_rank

METHOD = Method(
    title="Discrete-time hazard",
    citation="Prentice and Gloeckler (1978), Biometrics 34: 57-67; Jenkins (1995), Oxford Bulletin 57: 129-138",
    library="analysis",
    needs=("duration", "event", "treatment|controls"),
    accepts=("unit", "entry", "cluster"),
    options={
        "link": Option("cloglog", "cloglog (proportional hazards) or logit (proportional odds)", ("cloglog", "logit")),
        "baseline": Option("dummies", "hazard by duration: a dummy per period, its logarithm, or a cubic", ("dummies", "log", "cubic")),
        "penalty": Option(
            "none", "firth: finite estimates also where a covariate separates the ends; errors of independent spells", ("none", "firth")
        ),
    },
)
MOST = 100_000_000  # unit-periods that are still made


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return a row per covariate; clustered by `cluster`, else by unit (or spell).

    `duration` is in whole periods; a spell contributes a row for each period from `entry` + 1 on. Covariates that
    change over time have one row per stretch. Raises NotIdentified when durations are not whole numbers, or a covariate
    separates the ends (no maximum).
    """
    options = METHOD.read(specification)
    if options.penalty == "firth" and specification.cluster:
        raise BadOption(
            "discrete_time_hazard: penalty=firth has the errors of independent spells; it takes no --cluster",
            "cluster",
            specification.cluster,
            "none with penalty=firth",
        )
    data = spells_of(panel, specification)
    names = regressors_of(specification)
    risk = _at_risk(data, specification)
    baseline, keep, free = _baseline(risk.period, risk.ended, options.baseline)
    covariates = data[names].to_numpy(float)[risk.spell]
    need_full_rank(np.column_stack([covariates, baseline])[free], [*names, *["the baseline hazard"] * baseline.shape[1]])
    counts = counts_of(data, specification) | {"n_obs": int(keep.sum())}
    clusters, n_clusters = None, {}
    if options.penalty == "none":
        named = specification.cluster or ((specification.unit,) if specification.unit else ())
        clusters = pd.factorize(data[named[0]])[0][risk.spell] if named else risk.spell
        n_clusters = cluster_counts(data.iloc[risk.spell[keep]], specification, clusters[keep])
    ended = risk.ended[free].astype(float)
    found = _fit(ended, covariates[free], baseline[free], names, options)
    if clusters is None:
        variance, about = found.unadjusted(), {"inference": "unadjusted", **counts}
    else:
        # Rows of periods in which all end are fitted perfectly: they are observations, but move nothing.
        n_parameters = found.design.shape[1] + len(np.unique(risk.period[keep & ~free]))
        variance = found.clustered(clusters[free], n_clusters["n_clusters"], int(keep.sum()), n_parameters)
        about = {"inference": "cluster", **counts, **n_clusters}
    return [parameter(n, b, e, **about) for n, b, e in zip(names, found.coefficients, found.errors(variance), strict=False)]


@dataclass(frozen=True)
class AtRisk:
    """Unit-periods: position of the spell, the period, and whether the spell ended in it (rows,)."""

    spell: np.ndarray
    period: np.ndarray
    ended: np.ndarray


def _at_risk(data: pd.DataFrame, specification: Specification) -> AtRisk:
    duration, entry = data["duration"].to_numpy(float), data["entry"].to_numpy(float)
    if (duration % 1 != 0).any() or (entry % 1 != 0).any():
        raise NotIdentified("SUPPORT", f"{specification.duration} must count whole periods; round up first, or use cox")
    if (duration - entry).sum() > MOST:
        raise NotIdentified(
            "SIZE", f"{(duration - entry).sum():.3g} unit-periods: count {specification.duration} in longer periods, or use cox"
        )
    length = (duration - entry).astype(int)
    spell = np.repeat(np.arange(len(data)), length)
    period = np.arange(len(spell)) - np.repeat(np.cumsum(length) - length, length) + 1 + entry.astype(int)[spell]
    return AtRisk(spell, period, (data["event"].to_numpy()[spell] == 1) & (period == duration.astype(int)[spell]))


def _baseline(period: np.ndarray, ended: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the baseline's columns beside a constant (rows, m), which unit-periods are used, and which of them move anything.

    With dummies, those of periods without any end, or in which all end, have no finite coefficient.
    """
    every = np.ones(len(period), bool)
    if kind == "log":
        if period.min() < 1:
            raise NotIdentified("SUPPORT", "baseline=log needs periods from 1 on; spells start before 0")
        return np.log(period)[:, None], every, every
    if kind == "cubic":
        # Measured from the middle of the periods, so that calendar years do as well as durations.
        scaled = (period - (period.max() + period.min()) / 2) / max(np.ptp(period) / 2, 1)
        return np.column_stack([scaled**p for p in (1, 2, 3)])[:, : min(len(np.unique(period)) - 1, 3)], every, every
    periods, code = np.unique(period, return_inverse=True)
    share = np.bincount(code, ended) / np.bincount(code)
    keep, free = (share > 0)[code], ((share > 0) & (share < 1))[code]
    if not free.any():
        raise NotIdentified("SUPPORT", "in every period either all spells at risk end or none does")
    dummies = periods[(share > 0) & (share < 1)][1:]
    return (period[:, None] == dummies).astype(float), keep, free


def _fit(ended: np.ndarray, covariates: np.ndarray, baseline: np.ndarray, names: list[str], options: SimpleNamespace) -> Fit:
    beside = np.column_stack([baseline, np.ones(len(ended))])
    try:
        return fit(ended, np.column_stack([covariates, beside]), options.link, options.penalty == "firth")
    except Separated:
        found = culprits(covariates, ended, names, beside)
    if not found:
        raise Separated(f"the likelihood has no maximum: baseline={options.baseline} alone sets the ends apart; use baseline=dummies")
    words = f"together, {', '.join(found)} set the ends apart from the rest"
    if len(found) == 1:
        words = in_words(found[0], covariates[:, names.index(found[0])], ended, "no spell ends", "every spell ends")
    raise Separated(f"the likelihood has no maximum: {words} (--option penalty=firth has a finite estimate)")
