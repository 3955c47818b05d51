"""Did one outcome gain more than another? The difference of two standardized effects of one staggered treatment.

Each effect is the overall average of callaway_santanna (aggregation=simple, no covariates), over the standard deviation of its outcome
within units and net of periods before treatment, so that the two are in one unit. Cohorts are permuted among units, the
same permutation for both outcomes (as in romano_wolf_cohorts), and the statistic is the difference over its standard error, whose
influences are summed by unit, so that what the outcomes share is counted. The standard deviations scale the outcomes and
stay as they are under permutations. With missing_base=leave_out a cohort that one outcome does not show in the period before
treatment leaves both, so that both effects are of the same cohorts. Intervals invert the test of a constant shift of the first, standardized outcome.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import MISSING_BASE, MOST_DRAWS, PERMUTED_WITHIN, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators import _step_down
from analysis.estimators._cohorts import bases_of, cohort_panel, counts_of, need_never, strata_over, unit_names, with_common_bases
from analysis.estimators._left_out import joined, lacking_cohorts
from analysis.inference import randomization
from analysis.inference.absorb import within_sd
from analysis.inference.group_time_cells import NEVER, panel_of
from analysis.inference.group_time_draws import Cells, blocks, cells_of, permuted_averages
from analysis.inference.permuted_labels import permute
from analysis.inference.randomization import Draws, moments

METHOD = Method(
    title="Difference of two standardized group-time averages, cohorts permuted",
    citation="Callaway and Sant'Anna (2021), J. Econometrics 225: 200-230; Young (2019), QJE 134: 557-598",
    library="analysis",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    options={
        "outcomes": Option([], "the outcome column whose standardized effect is taken off that of --outcome", columns=True),
        "draws": Option(999, "permutations of the treatment, each the same for both outcomes", minimum=1, maximum=MOST_DRAWS),
        "permuted_within": PERMUTED_WITHIN,
        "control_group": Option("never_treated", "whom treated cohorts are compared with", ("never_treated", "not_yet_treated")),
        "missing_base": MISSING_BASE,
    },
)


@dataclass(frozen=True)
class Effect:
    """One outcome: cells, the places of its units among all, and its scale, the standard deviation before treatment."""

    cells: Cells
    places: np.ndarray
    last: float
    scale: float
    counts: dict
    size: float
    lacks: str

    def under(self, labels: np.ndarray, not_yet: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return effects on Y and D (2, draws) and influence (2, draws, all units) when units have `labels` (draws, all units); Y in its scale."""
        own = np.where(labels[:, self.places] > self.last, NEVER, labels[:, self.places])
        value, influence = permuted_averages(self.cells, own, [self.cells.event_time >= 0], not_yet)
        # A mean over the outcome's own units, as one over all units.
        whole = np.zeros((2, *labels.shape))
        whole[:, :, self.places] = influence[:, :, 0] * labels.shape[1] / len(self.places)
        scale = np.array([self.scale, 1.0])[:, None]
        return value[:, :, 0] / scale, whole / scale[..., None]


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'difference' ('randomization_t') and the two standardized effects, 'effect' with the outcome as setting.

    All in standard deviations; `difference` is that of --outcome less that of the other one. Units that have only one of the outcomes
    count for that one. Raises NotIdentified where an outcome has no treated unit, no control, or no spread before treatment.
    """
    options = METHOD.read(specification)
    names = _step_down.members(panel, specification, options.outcomes)
    if len(names) != 2:
        raise BadOption(
            "difference_of_effects compares two outcomes: name one in option outcomes", "outcomes", options.outcomes, "one column"
        )
    strata = [options.permuted_within] if options.permuted_within else []
    tables = [cohort_panel(panel, replace(specification, outcome=name), *strata) for name in names]
    if options.missing_base == "leave_out":
        tables = with_common_bases(tables)
    # A cohort after the last period of one outcome is never treated in it, but may be in another.
    first = pd.concat([table[["_name", "cohort"]] for table in tables]).groupby("_name")["cohort"].max()
    labels = np.where(first > 0, first, NEVER)
    effects = [_effect(name, table, first.index, options.control_group) for name, table in zip(names, tables, strict=True)]
    not_yet = options.control_group == "not_yet_treated"
    codes = strata_over(tables, first.index, options.permuted_within)
    permuted = permute(labels, options.draws, np.random.default_rng(specification.seed), codes)
    actual, drawn = _draws(effects, [labels], not_yet), _draws(effects, permuted, not_yet)
    return _rows(names, effects, actual, drawn, specification.seed)


def _effect(name: str, data: pd.DataFrame, units: pd.Index, control_group: str) -> Effect:
    if control_group == "never_treated":
        need_never(data, "; control_group=not_yet_treated compares with units before their own treatment")
    untreated = (data["cohort"] == 0) | (data["time"] < data["cohort"])
    scale, size = within_sd(data, "outcome", "unit", "time", untreated), float(data["outcome"].abs().max())
    if not scale > 1e-13 * size:
        raise NotIdentified("SUPPORT", f"'{name}' does not vary within units before treatment")
    wide = panel_of(data, "outcome", "unit", "time", "cohort")
    bases = bases_of(data)
    lacks = lacking_cohorts(bases.moved, bases.none, [], data)
    return Effect(cells_of(wide), units.get_indexer(unit_names(data)), wide.periods.max(), scale, counts_of(data), size, lacks)


def _draws(effects: list[Effect], assignments: Iterable[np.ndarray], not_yet: bool) -> list[Draws]:
    """Return the Draws of the difference and of each effect under `assignments`, each (units,)."""
    found: list[list] = [[], [], []]
    for block in blocks(assignments, max(effect.cells.valid.shape[1] for effect in effects), 1):
        (value, influence), (other, its_influence) = (effect.under(block, not_yet) for effect in effects)
        # A shift of the first outcome moves the difference by as much: D enters through it alone.
        only_y = np.array([1.0, 0.0])[:, None]
        found[0].append((value - only_y * other, influence - only_y[..., None] * its_influence))
        found[1].append((value, influence))
        found[2].append((other, its_influence))
    return [Draws.joined(moments(value, influence, means=True) for value, influence in pairs) for pairs in found]


def _rows(names: list[str], effects: list[Effect], actual: list[Draws], drawn: list[Draws], seed: int) -> list[dict]:
    if not actual[0].usable(1e-26).all():
        raise NotIdentified("SUPPORT", "the difference has no variance, or no treated cell with a control")
    test = randomization.test(actual[0], drawn[0])
    counts = {key: min(effect.counts[key] for effect in effects) for key in effects[0].counts}
    # What both outcomes lack is said once, what one lacks with its name.
    texts = [
        effect.lacks if len({e.lacks for e in effects}) == 1 else f"{name}: {effect.lacks}"
        for name, effect in zip(names, effects, strict=True)
        if effect.lacks
    ]
    rows = [test.row("difference", float(actual[0].a[0]), "randomization_t", seed=seed, **counts, **_lacking(joined(dict.fromkeys(texts))))]
    for name, effect, own, permuted in zip(names, effects, actual[1:], drawn[1:], strict=True):
        if own.usable(1e-26).all():
            alone = randomization.test(own, permuted)
            rows.append(
                alone.row(
                    "effect",
                    float(own.a[0]),
                    "randomization_t",
                    setting=name,
                    seed=seed,
                    within_sd=1.0,
                    **effect.counts,
                    **_lacking(effect.lacks),
                )
            )
        else:
            rows.append(parameter("effect", float(own.a[0]), inference="none", setting=name, **effect.counts, **_lacking(effect.lacks)))
    return rows


def _lacking(said: str) -> dict:
    return {"left_out": said} if said else {}
