"""What units wrongly taken for never treated could do to the overall group-time effect.

Published counts name more treated provinces than the registers do. Every choice of `n_hidden` of the untreated (or
uncertain) units and of their cohorts is assigned in turn and the effect recomputed; the lowest and highest results
bound it, whatever the hidden units are. Where hidden units share a cohort and the panel has no holes, the effect is linear in
which units they are, so that sorting them finds the same extremes for any number (`together`). Bounds by enumeration: Horowitz and Manski (1995, Econometrica 63: 281-302)
on contaminated data, here with the number of contaminated labels known.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from math import comb
from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import DRAWS, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.inference import randomization
from analysis.inference.group_time_cells import Panel, panel_of
from analysis.inference.group_time_draws import cells_of, overall_draws
from analysis.inference.permuted_labels import permute

# Assignments that are enumerated: some minutes.
MOST = 200_000

METHOD = Method(
    title="Bounds on an effect under hidden treated units",
    citation="Horowitz and Manski (1995), Econometrica 63: 281-302",
    library="analysis",
    needs=("outcome", "unit", "time", "cohort"),
    periods_as_written=True,
    knows_later_cohorts=True,
    options={
        "n_hidden": Option(2, "untreated units that may be treated", minimum=0),
        "hidden_cohorts": Option([2019, 2020, 2021], "cohorts they may belong to", period=True),
        "uncertain": Option("", "boolean column, false where a unit is left out unless it is hidden", columns=True),
        "together": Option(
            False,
            "hidden units share a cohort, each of hidden_cohorts in turn: exact extremes of a balanced panel by sorting, for any number of units",
        ),
        "later_known": Option(False, "leave out of the candidates units whose first treatment is dated after the last period"),
        "randomization_draws": DRAWS,
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return terms 'att' (labels as found), 'att_lowest', 'att_median' and 'att_highest'; `sample` names the hidden units.

    With `together` there is no median and no share. Options: n_hidden, hidden_cohorts, uncertain (boolean column that is False where a unit is left out unless it is
    hidden), later_known (a unit dated after the panel was searched for and found: it hides nothing earlier),
    randomization_draws for the two extremes.
    """
    options = METHOD.read(specification)
    METHOD.need(panel, specification, *([options.uncertain] if options.uncertain else []))
    data = panel.dropna(subset=[specification.outcome])
    full = panel_of(data, specification.outcome, specification.unit, specification.time, specification.cohort)
    certain = np.ones(len(full.units), dtype=bool)
    if options.uncertain:
        certain = _certain(panel, specification.unit, options.uncertain).reindex(full.units).to_numpy(bool)
    hideable = np.isinf(full.cohort)
    if options.later_known:
        hideable &= data.groupby(specification.unit)[specification.cohort].first().reindex(full.units).isna().to_numpy()
    candidates = np.flatnonzero(hideable)
    if len(candidates) <= options.n_hidden:
        raise NotIdentified("SUPPORT", f"{len(candidates)} untreated units cannot hide {options.n_hidden}")
    outside = [cohort for cohort in options.hidden_cohorts if not full.periods[0] < cohort <= full.periods[-1]]
    if outside:
        raise BadOption(
            f"option hidden_cohorts: no treatment can start in ‹@{outside[0]}›, which is outside the periods after the first",
            "hidden_cohorts",
            options.hidden_cohorts,
            "periods after the first",
        )
    assignments = _extremes(full, certain, candidates, options) if options.together else _every(candidates, options)
    found = [(_overall(_assign(full, certain, units, cohorts)), units, cohorts) for units, cohorts in assignments]
    found = sorted((row for row in found if np.isfinite(row[0])), key=lambda row: row[0])
    if not found:
        raise NotIdentified("SUPPORT", "no assignment of the hidden units identifies the effect")
    base = _assign(full, certain, (), ())
    picks = {"att_lowest": found[0], "att_median": found[len(found) // 2], "att_highest": found[-1]}
    if options.together:
        del picks["att_median"]
    rows = [_row("att", _overall(base), base, {"sample": "labels as found"}, specification.seed, 0)]
    for term, (value, units, cohorts) in picks.items():
        names = ", ".join(f"{full.units[unit]} ‹@{cohort}›" for unit, cohort in zip(units, cohorts, strict=True))
        draws = 0 if term == "att_median" else options.randomization_draws
        rows.append(
            _row(
                term,
                value,
                _assign(full, certain, units, cohorts),
                {"sample": "with hidden units", "setting": names},
                specification.seed,
                draws,
            )
        )
    if options.together:
        return rows
    negative = float(np.mean([value < 0 for value, _, _ in found]))
    return [*rows, parameter("share_negative", negative, inference="enumeration", n_obs=len(found))]


def _every(candidates: np.ndarray, options: SimpleNamespace) -> Iterator[tuple[tuple, tuple]]:
    """Return every choice of hidden units and of their cohorts; raise NotIdentified where there are too many."""
    number = comb(len(candidates), options.n_hidden) * len(options.hidden_cohorts) ** options.n_hidden
    if number > MOST:
        what = f"{options.n_hidden} of {len(candidates)} units in {len(options.hidden_cohorts)} cohorts"
        raise NotIdentified(
            "SUPPORT", f"{number:,} assignments ({what}) are too many to enumerate; lower n_hidden or hidden_cohorts, or take them together"
        )
    return product(combinations(candidates, options.n_hidden), product(options.hidden_cohorts, repeat=options.n_hidden))


def _extremes(full: Panel, certain: np.ndarray, candidates: np.ndarray, options: SimpleNamespace) -> Iterator[tuple[tuple, tuple]]:
    """Yield, for each cohort that all hidden units may share, the units that make the effect lowest and those that make it highest.

    A unit that turns from control to treated adds its own changes to the treated sums and takes them out of the control means. With
    the number of hidden units given and no holes, all weights are constants, so that each unit adds a number of its own.
    """
    data = _assign(full, certain, (), ())
    if np.isnan(data.outcome).any():
        raise NotIdentified("SUPPORT", "together needs every unit in every period; take the units that have them (balanced)")
    controls = int(np.isinf(data.cohort).sum()) - options.n_hidden
    if controls < 1:
        raise NotIdentified("SUPPORT", f"{options.n_hidden} hidden units leave no control")
    eligible = candidates[certain[candidates]]
    for hidden in options.hidden_cohorts:
        gain = np.zeros(len(eligible))
        for cohort in np.unique([*data.cohort[np.isfinite(data.cohort)], hidden]):
            first = np.searchsorted(full.periods, cohort)
            if first == 0:
                continue
            own = (data.cohort == cohort).sum() + (options.n_hidden if cohort == hidden else 0)
            outcome = full.outcome[eligible]
            change = (outcome[:, first:] - outcome[:, [first - 1]]).sum(axis=1)
            gain += own / controls * change + (change if cohort == hidden else 0)
        order = eligible[np.argsort(gain, kind="stable")]
        for units in (order[: options.n_hidden], order[len(order) - options.n_hidden :]):
            yield tuple(units), (hidden,) * options.n_hidden


def _certain(data: pd.DataFrame, unit: str, column: str) -> pd.Series:
    """Return by unit whether its status is certain; raise NotIdentified for what is neither true nor false (any text would be
    true), and for a unit that has both.
    """
    status = data.groupby(unit)[column]
    if (both := status.nunique() > 1).any():
        raise NotIdentified("SUPPORT", f"{column} differs within unit {both.index[both][0]}; the status is one per unit")
    values = status.first()
    if not values.isin([True, False]).all():
        wrong = values[~values.isin([True, False])]
        raise NotIdentified("SUPPORT", f"{column} must be true or false (1 or 0); in unit {wrong.index[0]} it is {wrong.iloc[0]}")
    return values


def _assign(full: Panel, certain: np.ndarray, units: tuple, cohorts: tuple) -> Panel:
    """Return the panel with the hidden units treated and the other uncertain ones left out."""
    cohort, keep = full.cohort.copy(), certain.copy()
    for unit, year in zip(units, cohorts, strict=True):
        cohort[unit], keep[unit] = year, True
    keep |= np.isfinite(full.cohort)
    return Panel(full.outcome[keep], cohort[keep], full.periods, full.units[keep])


def _overall(panel: Panel) -> float:
    return float(overall_draws(cells_of(panel), [panel.cohort]).a[0])


def _row(term: str, value: float, panel: Panel, said: dict, seed: int, draws: int) -> dict:
    treated = int(np.isfinite(panel.cohort).sum())
    about: dict = {
        "n_obs": int((~np.isnan(panel.outcome)).sum()),
        "n_units": len(panel.units),
        "n_treated": treated,
        "n_treated_clusters": treated,
        **said,
    }
    if not draws:
        return parameter(term, value, inference="enumeration", **about)
    cells = cells_of(panel)
    drawn = overall_draws(cells, permute(panel.cohort, draws, np.random.default_rng(seed)))
    return randomization.test(overall_draws(cells, [panel.cohort]), drawn).row(term, value, "randomization_t", seed=seed, **about)
