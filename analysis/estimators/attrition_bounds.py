"""Bounds on an effect when treated and control units stay in the data at different rates (Lee 2009, REStud 76: 1071-1102).

Changes are taken net of the mean change of the controls of the same cell, so that trimming compares like with like.
The group that stays more often is trimmed from below and from above by the excess share (Lee's equation 6); this
bounds the effect on units that would stay either way, if treatment moves staying in one direction only.

Data that hold survivors only do not show who stayed: `excess_survival` says by what share the treated are taken to have survived
more often than controls. Equation 6 needs no more than the ratio of the two rates, so that the bounds follow as if it were observed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified, parameter, refused
from analysis.core.method import Method
from analysis.core.options import MOST_DRAWS, Option
from analysis.core.progress import track
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.inference.stacked_average import COLUMNS, Stacks, need_stacks, stacks_of

METHOD = Method(
    title="Bounds on an effect under selective attrition",
    citation="Lee (2009), REStud 76: 1071-1102, equation 6",
    library="analysis",
    needs=("outcome", "unit"),
    columns=(*COLUMNS, "cell"),
    options={
        "event_times": Option([1, 2, 3], "event times bounded"),
        "reference": Option(-1, "event time before the event that changes are taken from", maximum=-1),
        "excess_survival": Option(
            [],
            "shares by which the treated survived more often than controls (negative: less often), where the data hold survivors only;"
            " bounds for each, its setting, beside those of what is observed",
            minimum=-0.9,
            maximum=0.9,
        ),
        "bootstrap_draws": Option(499, "draws over units; 0 for no intervals", minimum=0, maximum=MOST_DRAWS, fewest=19),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return rows 'att_lower', 'att_upper', 'stay_treated' and 'stay_control' at each event time of `event_times`.

    Intervals: percentiles of a bootstrap over units (95 %, each bound on its own side). Options: event_times,
    reference, excess_survival, bootstrap_draws. Staying means: the outcome is observed at the event time, given the reference period;
    rows with a setting hold under that excess of survival and repeat only the bounds.
    """
    options = METHOD.read(specification)
    METHOD.need(panel, specification)
    need_stacks(panel, specification.unit, "cell")
    data = panel.dropna(subset=[specification.outcome])
    times = sorted({options.reference, *options.event_times})
    stacks = stacks_of(data, specification.outcome, specification.unit, range(times[0], times[-1] + 1), options.reference, range(0, 1))
    if not stacks.treated.any() or stacks.treated.all():
        raise NotIdentified("SUPPORT", "no cell holds treated and control units")
    rows = []
    for event_time in options.event_times:
        index = np.flatnonzero(stacks.event_time == event_time)
        if not len(index):
            rows.append(
                refused("att_lower", "SUPPORT", "this event time is not observed, or is the reference") | {"event_time": event_time}
            )
        else:
            for excess in (None, *options.excess_survival):
                rows += _at(stacks, int(index[0]), event_time, options.bootstrap_draws, specification.seed, excess)
    return rows


def _at(stacks: Stacks, index: int, event_time: int, draws: int, seed: int, assumed: float | None) -> list[dict]:
    everyone, excess = np.ones(len(stacks.cell)), assumed or 0.0
    low, high, stay_t, stay_c = bounds(stacks, index, everyone, excess)
    if not np.isfinite(low):
        raise NotIdentified("SUPPORT", f"no treated unit is observed at event time {event_time}")
    generator = np.random.default_rng(seed)
    clusters = int(stacks.cluster.max()) + 1
    resampled = np.array(
        [
            bounds(stacks, index, np.bincount(generator.integers(0, clusters, clusters), minlength=clusters)[stacks.cluster], excess)[:2]
            for _ in track(range(draws), draws, "bootstrap draws")
        ]
    )
    ends = np.nanquantile(resampled, [0.025, 0.975], axis=0) if draws else np.full((2, 2), np.nan)
    published = (np.bincount(stacks.cell, stacks.valid[index], stacks.n_cells) > 0)[stacks.cell]
    about: dict = {
        "event_time": event_time, "n_obs": int(stacks.valid[index].sum()), "n_units": clusters, "n_treated": int((stacks.treated & published).sum()),
        **({"inference": "bootstrap", "draws": draws, "seed": seed} if draws else {"inference": "none"}),
    }  # fmt: skip
    setting: dict = {} if assumed is None else {"setting": f"{assumed:g}"}
    found = [
        parameter("att_lower", low, ci_low=ends[0, 0], ci_high=ends[1, 0], **about, **setting),
        parameter("att_upper", high, ci_low=ends[0, 1], ci_high=ends[1, 1], **about, **setting),
    ]
    return found if setting else [*found, parameter("stay_treated", stay_t, **about), parameter("stay_control", stay_c, **about)]


def bounds(stacks: Stacks, index: int, weight: np.ndarray, excess_survival: float = 0.0) -> tuple[float, float, float, float]:
    """Return lower and upper bound and the staying shares of treated and controls; `weight` (units,) counts copies.

    `excess_survival` is the share by which the treated survived into the data more often than controls (negative: less often).
    """
    treated, valid = stacks.treated, stacks.valid[index]
    # Where nobody is observed the year itself is missing from the data: that is no exit.
    published = np.bincount(stacks.cell, valid, stacks.n_cells) > 0
    weight = weight * published[stacks.cell]
    with_treated = np.bincount(stacks.cell, weight * treated, stacks.n_cells) > 0
    comparable = with_treated[stacks.cell]
    # Controls stand for the treated of their cell, so their share is weighted to the treated's mix of cells.
    n_t = np.bincount(stacks.cell, weight * treated, stacks.n_cells)
    n_c = np.bincount(stacks.cell, weight * ~treated * comparable, stacks.n_cells)
    match = np.where(n_c > 0, n_t / np.maximum(n_c, 1), 0.0)[stacks.cell]
    mass_t, mass_c = weight * treated, weight * ~treated * comparable * match
    if mass_t.sum() == 0 or mass_c.sum() == 0:
        return (np.nan,) * 4
    stay_t, stay_c = (mass_t * valid).sum() / mass_t.sum(), (mass_c * valid).sum() / mass_c.sum()
    if min(stay_t, stay_c) == 0:
        return np.nan, np.nan, stay_t, stay_c
    centre = _control_means(stacks, index, mass_c)
    change = stacks.change[0, index] - centre
    keep = valid & np.isfinite(change)
    values = {"t": (change[keep], (mass_t)[keep]), "c": (change[keep], (mass_c)[keep])}
    # Controls over treated, in the data and in surviving into them.
    rates = stay_c / stay_t * (1 - excess_survival if excess_survival >= 0 else 1 / (1 + excess_survival))
    excess = {"t": max(1 - rates, 0.0), "c": max(1 - 1 / rates, 0.0)}
    low_t, high_t = _trimmed(*values["t"], excess["t"])
    low_c, high_c = _trimmed(*values["c"], excess["c"])
    return low_t - high_c, high_t - low_c, stay_t, stay_c


def _control_means(stacks: Stacks, index: int, mass: np.ndarray) -> np.ndarray:
    """Return each unit's cell mean of the controls' change; missing where the cell has no control left."""
    valid = mass * stacks.valid[index]
    total = np.bincount(stacks.cell, valid, stacks.n_cells)
    sums = np.bincount(stacks.cell, valid * stacks.change[0, index], stacks.n_cells)
    return np.where(total > 0, sums / np.where(total > 0, total, 1), np.nan)[stacks.cell]


def _trimmed(values: np.ndarray, mass: np.ndarray, share: float) -> tuple[float, float]:
    """Return the means without the upper and without the lower `share` of the mass."""
    order = np.argsort(values, kind="stable")
    values, mass = values[order], mass[order]
    kept = (1 - share) * mass.sum()
    below = np.clip(kept - (np.cumsum(mass) - mass), 0, mass)
    above = np.clip(kept - (np.cumsum(mass[::-1]) - mass[::-1]), 0, mass[::-1])[::-1]
    return float(values @ below / below.sum()), float(values @ above / above.sum())
