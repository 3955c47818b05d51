"""Treatments that switch on, off or change dose (de Chaisemartin and D'Haultfoeuille 2024, REStat, "Intertemporal treatment effects")."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.distributions import chi2_tail
from analysis.core.estimates import NotIdentified, noted, parameter, refused
from analysis.core.method import Method
from analysis.core.options import MOST_PERIODS, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._left_out import listed
from analysis.estimators._regression import complete_rows
from analysis.inference.cluster import cluster_sums
from analysis.inference.intertemporal_effects import Effect, Histories, adjust, effect, histories

METHOD = Method(
    title="Intertemporal effects of a treatment that may switch off or have a dose",
    citation="de Chaisemartin and D'Haultfoeuille (2024), REStat, doi 10.1162/rest_a_01414",
    library="analysis",
    needs=("outcome", "unit", "time", "treatment|cohort"),
    accepts=("controls", "cluster", "weights"),
    options={
        "effects": Option(1, "periods after the first change of treatment for which effects are reported", minimum=1, maximum=MOST_PERIODS),
        "placebos": Option(0, "periods before it for which placebo effects are reported", minimum=0, maximum=MOST_PERIODS),
        "normalized": Option(False, "divide each effect by the treatment received, for effects of a unit of dose"),
        "switchers": Option("all", "units whose treatment first rises (in), falls (out), or all", ("all", "in", "out")),
    },
)
DIRECTIONS = {"all": (1, -1), "in": (1,), "out": (-1,)}


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'att' (average total effect per unit of treatment), 'event' rows and, with placebos, their joint test.

    Event time 0 is the first changed period; controls are units with the same first treatment that has not changed yet, in
    whatever direction it will. An effect of units whose treatment falls counts with the opposite sign: it is that of more
    treatment. Raises NotIdentified when no unit changes or none can be compared.
    """
    options = METHOD.read(specification)
    h, counts, start = _histories(panel, specification)
    directions = DIRECTIONS[options.switchers]
    asked = np.isin(h.sign, directions)
    if not asked.any():
        raise NotIdentified("SUPPORT", _nobody(h, options))
    slopes = adjust(h, directions, specification.controls) if specification.controls else None
    found = [effect(h, horizon, directions, dosed=options.normalized, slopes=slopes) for horizon in range(1, options.effects + 1)]
    placebos = [effect(h, horizon, directions, True, options.normalized, slopes) for horizon in range(1, options.placebos + 1)]
    if not any(found):
        raise NotIdentified(
            "SUPPORT", "no switcher is seen around its change beside a unit with the same first treatment that has not changed yet"
        )
    rows = [_total(found, h, counts, asked, start)]
    for position, one in enumerate(found):
        rows.append(_event(one, position, h, counts, options))
    # The placebo of l compares the period l + 1 before the change with the one just before it.
    for position, one in enumerate(placebos):
        rows.append(_event(one, -position - 2, h, counts, options))
    return [*rows, _pretrend(placebos, h, counts, options)] if options.placebos > 1 else rows


def _histories(panel: pd.DataFrame, specification: Specification) -> tuple[Histories, dict, int]:
    """Return the units' histories, counts and the first period. Rows without an outcome stay: they say when treatment changed."""
    cluster = next(iter(specification.cluster), specification.unit)
    whole = [specification.unit, specification.time, cluster, specification.treatment, specification.weights]
    columns = [*whole, specification.cohort, specification.outcome, *specification.controls]
    data = panel[list(dict.fromkeys(filter(None, columns)))]
    complete_rows(data, whole)  # raises where nothing is left
    data = data.dropna(subset=list(filter(None, whole)))
    if specification.weights and not (data[specification.weights] > 0).all():
        raise NotIdentified("WEIGHTS", f"{specification.weights} holds weights that are not positive")
    codes, units = pd.factorize(data[specification.unit], sort=True)
    clusters = _clusters(data, cluster, codes)
    time = data[specification.time].astype(int).to_numpy()
    shape = (len(units), int(time.max() - time.min()) + 1)

    def wide(values: np.ndarray) -> np.ndarray:
        table = np.full(shape, np.nan)
        table[codes, time - time.min()] = values
        return table

    def dose() -> np.ndarray:
        if specification.treatment:
            return wide(data[specification.treatment].to_numpy(float))
        # A cohort says when treatment changed also where the unit is not observed.
        first = np.full(shape[0], np.inf)
        first[codes] = data[specification.cohort].fillna(np.inf)
        return (np.arange(time.min(), time.max() + 1) >= first[:, None]).astype(float)

    weight = data[specification.weights].to_numpy(float) if specification.weights else np.ones(len(data))
    controls = np.array([wide(data[name].to_numpy(float)) for name in specification.controls]).reshape(-1, *shape)
    h = histories(wide(data[specification.outcome].to_numpy(float)), dose(), wide(weight), controls, clusters)
    seen = data[[specification.outcome, *specification.controls]].notna().all(axis=1)
    return h, {"n_obs": int(seen.sum()), "n_units": len(units), "n_clusters": int(clusters.max()) + 1}, int(time.min())


def _clusters(data: pd.DataFrame, cluster: str, units: np.ndarray) -> np.ndarray:
    """Return the cluster code of each unit; raise NotIdentified where a unit changes its cluster."""
    codes = pd.factorize(data[cluster])[0]
    found = np.zeros(units.max() + 1, dtype=np.int64)
    found[units] = codes
    if (found[units] != codes).any():
        raise NotIdentified("CLUSTERS", f"a unit changes its {cluster}: units must be nested in clusters")
    return found


def _nobody(h: Histories, options: SimpleNamespace) -> str:
    if h.undated.any():
        return f"treatment changes only in gaps ({h.undated.sum()} units), so that no date of a change is known"
    kind = {"all": "changes", "in": "rises", "out": "falls"}[options.switchers]
    return f"treatment {kind} first in no unit" if (h.sign != 0).any() else "treatment changes in no unit"


def _about(one: Effect, h: Histories, counts: dict) -> dict:
    own = {"n_treated": int(one.switchers.sum()), "n_treated_clusters": len(np.unique(h.cluster[one.switchers]))}
    return {"inference": "analytic", **counts, **own}


def _error(influence: np.ndarray, h: Histories) -> float:
    return float(np.sqrt((cluster_sums(influence[:, None], h.cluster) ** 2).sum()))


def _event(one: Effect | None, event_time: int, h: Histories, counts: dict, options: SimpleNamespace) -> dict:
    if one is None:
        return refused("event", "SUPPORT", "no switcher can be compared at this distance from its change") | {"event_time": event_time}
    scale = one.cumulated if options.normalized else 1.0
    return parameter("event", one.value / scale, _error(one.influence, h) / scale, event_time=event_time, **_about(one, h, counts))


def _total(found: list[Effect | None], h: Histories, counts: dict, asked: np.ndarray, start: int) -> dict:
    """Return the average total effect: the sum of the effects over that of the doses beyond the baseline (their section 1.3)."""
    every = [one for one in found if one]
    dose = sum(one.size * one.current for one in every)
    used = np.logical_or.reduce([one.switchers for one in every])
    both = Effect(
        sum(one.size * one.value for one in every) / dose,
        sum((one.size * one.influence for one in every), np.zeros(len(used))) / dose,
        used,
        0.0,
        0.0,
        0.0,
    )
    said = []
    if lost := int((asked & ~used).sum()):
        said.append(f"{lost} of {asked.sum()} switchers enter no effect: not seen around the change, or without a comparable unit")
        said += _without_base(h, asked & ~used, start)
    if h.undated.any():
        said.append(f"units whose change lies in a gap: {h.undated.sum()}; its date is unknown, and they are controls before it only")
    reason: dict = noted(f"SUPPORT: {'; '.join(said)}") if said else {}
    return parameter("att", both.value, _error(both.influence, h), **_about(both, h, counts), **reason)


def _without_base(h: Histories, lost: np.ndarray, start: int) -> list[str]:
    """Return how many of the `lost` switchers (units,) are not observed just before their change, and where they last are."""
    seen = np.isfinite(h.outcome)
    units = [unit for unit in np.flatnonzero(lost) if not seen[unit, h.change[unit] - 1]]
    if not units:
        return []
    earlier = [(h.change[unit] - 1, np.flatnonzero(seen[unit, : h.change[unit]])) for unit in units]
    pairs = sorted({(int(wanted), int(found[-1]) if len(found) else -1) for wanted, found in earlier})
    shown = [f"‹@{start + a}› ({f'last observed before: ‹@{start + b}›' if b >= 0 else 'never observed before'})" for a, b in pairs]
    return [f"{len(units)} of them are not observed in the period just before, {listed(shown)}"]


def _pretrend(placebos: list[Effect | None], h: Histories, counts: dict, options: SimpleNamespace) -> dict:
    """Return the Wald test that every placebo effect is zero."""
    seen = [one for one in placebos if one]
    if len(seen) < len(placebos):
        return refused("pretrend", "SUPPORT", "some placebo effects have no switcher that can be compared", "wald")
    scale = np.array([one.cumulated if options.normalized else 1.0 for one in seen])
    values = np.array([one.value for one in seen]) / scale
    sums = cluster_sums(np.column_stack([one.influence for one in seen]) / scale, h.cluster)
    size = np.sqrt((sums**2).sum(0))
    correlation = (sums / size).T @ (sums / size) if (size > 0).all() else np.zeros((len(size), len(size)))
    if np.linalg.eigvalsh(correlation).min() < 1e-10:
        return refused("pretrend", "SINGULAR", "the placebo effects' covariance matrix is singular", "wald")
    statistic = float(values / size @ np.linalg.solve(correlation, values / size))
    return parameter("pretrend", statistic, inference="wald", p_value=chi2_tail(statistic, len(values)), **counts)
