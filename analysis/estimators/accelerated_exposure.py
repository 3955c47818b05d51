"""Accelerated failure time under an exposure that begins or ends while a unit is followed, with a share that never ends.

A month under exposure counts as exp(-g) months without (Cox and Oakes 1984, Analysis of Survival Data, section 5.2), so that the
months before an exposure count for what they are and nobody needs to have lasted until it. Maximum likelihood
(inference.accelerated_clock); errors clustered. Randomization: days of exposure permuted among the clusters that have one, with
the score at no effect, which needs no refit.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import DRAWS, REFERENCE, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._durations import cluster_counts, spells_of
from analysis.estimators._left_out import without
from analysis.estimators._regression import effective_reference
from analysis.inference.accelerated_clock import Clock, ClockMaximum, maximise
from analysis.inference.clock_randomization import Design, p_value
from analysis.inference.cluster import cluster_sums
from analysis.inference.standard_units import need_full_rank

METHOD = Method(
    title="Accelerated failure time, exposure that begins under way",
    citation="Cox and Oakes (1984), Analysis of Survival Data, section 5.2; share that never ends: Farewell (1982), Biometrics 38: 1041-1046",
    library="analysis",
    needs=("unit", "entry", "duration", "event", "treatment"),
    accepts=("controls", "cluster"),
    options={
        "distribution": Option("weibull", "of own time among units that end", ("weibull", "lognormal", "loglogistic")),
        "never_ends": Option(True, "a share of units never ends; false: every unit ends at some time"),
        "share_controls": Option([], "covariates of the share that ever ends; by default none", columns=True),
        "exposed_share": Option(False, "units exposed from their start may have another share that ever ends (term ends:exposed)"),
        "reference": REFERENCE,
        "randomization_draws": DRAWS,
        "origin": Option("", "day on which a unit's clock starts, in the unit of durations", columns=True, beside=("randomization_draws",)),
        "exposed_on": Option(
            "", "day from which its cluster is exposed, likewise; blank: never", columns=True, beside=("randomization_draws",)
        ),
        "permuted_within": Option(
            "", "column of strata: days are permuted among clusters of one stratum", columns=True, beside=("randomization_draws",)
        ),
    },
)


@dataclass(frozen=True)
class _Units:
    """One row a unit: its `data` (of its last stretch), clock, covariates on location `x` and on the share `z` (None: no share)."""

    data: pd.DataFrame
    clock: Clock
    x: np.ndarray
    z: np.ndarray | None
    labels: tuple[str, ...]


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return the log time ratio (term: the treatment), coefficients on log time, 'log_scale', and on the log odds of ever ending ('ends:...').

    Rows are stretches of a unit from 0 on without gaps, as cox takes them; covariates are fixed in a unit. Raises NotIdentified
    for other stretches, or when the likelihood has no inner maximum.
    """
    options = METHOD.read(specification)
    units = _units(panel, specification, options)
    found = maximise(units.clock, options.distribution, units.x, units.z)
    groups = specification.cluster[0] if specification.cluster else specification.unit
    clusters = pd.factorize(units.data[groups])[0]
    exposed = units.data.assign(**{specification.treatment: (units.clock.under > 0).astype(float)})
    counts = {"n_obs": len(units.data), "n_units": len(units.data), "n_treated": int((units.clock.under > 0).sum())}
    counts |= cluster_counts(exposed, specification, clusters)
    degrees = effective_reference(exposed, specification, (clusters,)) if options.reference == "effective_clusters" else np.inf
    errors = np.sqrt(np.diag(found.variance(cluster_sums(found.scores, clusters))))
    named = [
        specification.duration,
        specification.event,
        specification.entry,
        specification.unit,
        *specification.controls,
        *specification.cluster,
    ]
    lost = without(panel, named, _more(options))
    about = counts | ({"left_out": lost} if lost else {})
    rows = [
        parameter(term, b, e, inference="cluster", degrees=degrees, **about)
        for term, b, e in zip(units.labels, found.theta, errors, strict=True)
    ]
    if options.randomization_draws:
        rows.append(_randomized(units, found, clusters, specification, options, counts))
    return rows


def _more(options: SimpleNamespace) -> tuple[str, ...]:
    """Return the columns that options name and that may not be blank."""
    return tuple(filter(None, (*options.share_controls, options.origin, options.permuted_within)))


def _units(panel: pd.DataFrame, specification: Specification, options: SimpleNamespace) -> _Units:
    if not options.never_ends and (options.share_controls or options.exposed_share):
        raise BadOption(
            "accelerated_exposure: a share without units that never end", "share_controls", options.share_controls, "never_ends=true"
        )
    data = spells_of(panel, specification, more=_more(options))
    if options.exposed_on:
        data = data.assign(**{options.exposed_on: panel.loc[data.index, options.exposed_on]})
    data = data.sort_values([specification.unit, "entry"], kind="stable").reset_index(drop=True)
    d = data[specification.treatment].to_numpy(float)
    if not np.isin(d, (0, 1)).all():
        raise NotIdentified("SUPPORT", f"{specification.treatment} must be 0 or 1 in each stretch")
    code = pd.factorize(data[specification.unit])[0]
    first, last = np.r_[True, code[1:] != code[:-1]], np.r_[code[1:] != code[:-1], True]
    controls = list(specification.controls)
    _need_whole(data, first, last, [*controls, *_more(options), *specification.cluster], specification)
    length = data["duration"].to_numpy() - data["entry"].to_numpy()
    under, all_of = np.bincount(code, d * length), np.bincount(code, length)
    ended = (data["event"].to_numpy() > 0)[last]
    clock = Clock(all_of - under, under, ended, d[last] == 1)
    if not ended.any():
        raise NotIdentified("SUPPORT", "no unit ends: every one is censored")
    if not under.any() or not (all_of - under).any():
        raise NotIdentified("SUPPORT", f"{specification.treatment} is the same in every stretch")
    one = data[last].reset_index(drop=True)
    x, shared = one[controls].to_numpy(float), one[list(options.share_controls)].to_numpy(float)
    names = list(options.share_controls)
    if options.exposed_share:
        shared, names = np.column_stack([shared, d[first]]), [*names, "exposed"]
    need_full_rank(x, controls)
    need_full_rank(shared, names)
    constant = np.ones((len(one), 1))
    labels = (*controls, "const", "log_scale", *((*(f"ends:{name}" for name in names), "ends:const") if options.never_ends else ()))
    z = np.column_stack([shared, constant]) if options.never_ends else None
    return _Units(one, clock, np.column_stack([x, constant]), z, (*labels, specification.treatment))


def _need_whole(data: pd.DataFrame, first: np.ndarray, last: np.ndarray, fixed: list[str], specification: Specification) -> None:
    """Raise NotIdentified unless each unit is followed from 0 without gaps, ends once, and keeps its covariates."""
    entry, stop = data["entry"].to_numpy(), data["duration"].to_numpy()
    before = np.r_[0.0, stop[:-1]]
    bad = np.where(first, np.abs(entry), np.abs(entry - before)) > 1e-9 * np.maximum(stop, 1e-300)
    ended_early = (data["event"].to_numpy() > 0) & ~last
    for wrong, rule in (
        (bad, "is not followed from 0 on without gaps or overlaps: its own time is not known"),
        (ended_early, "goes on after its end"),
    ):
        if wrong.any():
            raise NotIdentified("SUPPORT", f"unit {data[specification.unit].iloc[int(np.argmax(wrong))]} {rule}")
    for name in dict.fromkeys(fixed):
        values = pd.factorize(data[name])[0]
        if (moved := ~first & (values != np.r_[-1, values[:-1]])).any():
            unit = data[specification.unit].iloc[int(np.argmax(moved))]
            raise NotIdentified("SUPPORT", f"{name} changes within unit {unit}: only the exposure may change over time")


def _randomized(
    units: _Units, found: ClockMaximum, clusters: np.ndarray, specification: Specification, options: SimpleNamespace, counts: dict
) -> dict:
    """Return the row of the randomization p-value: days of exposure permuted among exposed clusters, within strata."""
    if not (options.origin and options.exposed_on):
        raise BadOption(
            "accelerated_exposure: randomization needs options origin and exposed_on", "origin", options.origin, "columns of days"
        )
    day = units.data.groupby(clusters)[options.exposed_on].agg(["first", "nunique"])
    if (day["nunique"] > 1).any():
        raise NotIdentified("SUPPORT", f"{options.exposed_on} differs within a cluster: one day a cluster can be permuted")
    strata = pd.factorize(units.data.groupby(clusters)[options.permuted_within].first())[0] if options.permuted_within else None
    shared = None if units.z is None else np.delete(units.z, len(options.share_controls), axis=1) if options.exposed_share else units.z
    design = Design(
        origin=units.data[options.origin].to_numpy(float), months=units.clock.without + units.clock.under, ended=units.clock.ended,
        x=units.x, z=shared, clusters=clusters, day=day["first"].to_numpy(float), strata=strata, exposed_share=options.exposed_share,
    )  # fmt: skip
    p, draws, ratio = p_value(design, options.distribution, options.randomization_draws, specification.seed)
    del ratio
    about = {"p_value": p, "draws": draws, "seed": specification.seed, **counts}
    return parameter(specification.treatment, found.theta[-1], inference="randomization_score", **about)
