"""Many outcomes of one staggered treatment: step-down p-values of group-time averages under permuted cohorts.

Each outcome's statistic is the t-ratio of callaway_santanna (aggregation=simple, no covariates); cohorts are permuted
among units, the same permutation for every outcome. romano_wolf, which bootstraps two-way coefficients, is another estimand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.core.method import Method
from analysis.core.options import PERMUTED_WITHIN, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators import _step_down
from analysis.estimators._cohorts import cohort_panel, counts_of, need_never, strata_over, unit_names
from analysis.inference.group_time_cells import NEVER, panel_of
from analysis.inference.group_time_draws import cells_of, overall_draws
from analysis.inference.permuted_labels import permute

METHOD = Method(
    title="Many outcomes: Romano-Wolf step-down of group-time averages, cohorts permuted",
    citation="Romano and Wolf (2005), Econometrica 73: 1237-1282; (2016), Statistics and Probability Letters 113: 38-40; Callaway and Sant'Anna (2021)",
    library="analysis",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    options={
        "outcomes": _step_down.OUTCOMES,
        "draws": _step_down.DRAWS,
        "permuted_within": PERMUTED_WITHIN,
        "control_group": Option("never_treated", "whom treated cohorts are compared with", ("never_treated", "not_yet_treated")),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return two rows per outcome (term: its name): 'randomization_t', alone, and 'romano_wolf', adjusted for the family.

    Cohorts are permuted among the units that have any outcome of the family. Raises NotIdentified where an outcome has no
    treated unit or no control.
    """
    options = METHOD.read(specification)
    names = _step_down.members(panel, specification, options.outcomes)
    strata = [options.permuted_within] if options.permuted_within else []
    tables = {name: cohort_panel(panel, replace(specification, outcome=name), *strata) for name in names}
    # A cohort after the last period of one outcome is never treated in it, but may be in another.
    first = pd.concat([table[["_name", "cohort"]] for table in tables.values()]).groupby("_name")["cohort"].max()
    labels = np.where(first > 0, first, NEVER)
    codes = strata_over(tables.values(), first.index, options.permuted_within)

    def permutations() -> Iterator[np.ndarray]:
        # The same seed gives every outcome the same permutations, and none needs to be kept.
        return permute(labels, options.draws, np.random.default_rng(specification.seed), codes)

    family = [_member(name, table, first.index, labels, permutations(), options.control_group) for name, table in tables.items()]
    return _step_down.rows(family, specification.seed)


def _member(
    name: str, data: pd.DataFrame, units: pd.Index, labels: np.ndarray, permutations: Iterable[np.ndarray], control_group: str
) -> _step_down.Member:
    """Return one outcome with its Draws under the actual `labels` (units,) and under each of `permutations`."""
    if control_group == "never_treated":
        need_never(data, "; control_group=not_yet_treated compares with units before their own treatment")
    wide = panel_of(data, "outcome", "unit", "time", "cohort")
    places, last = units.get_indexer(unit_names(data)), wide.periods.max()

    def own(cohort: np.ndarray) -> np.ndarray:
        return np.where(cohort[places] > last, NEVER, cohort[places])

    cells, not_yet = cells_of(wide), control_group == "not_yet_treated"
    actual = overall_draws(cells, [own(labels)], not_yet)
    permuted = overall_draws(cells, map(own, permutations), not_yet)
    return _step_down.Member(name, actual, permuted, counts_of(data), float(data["outcome"].abs().max()))
