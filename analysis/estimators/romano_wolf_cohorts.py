"""Many outcomes of one staggered treatment: step-down p-values of group-time averages under permuted cohorts.

Each outcome's statistic is the t-ratio of callaway_santanna (aggregation=simple, no covariates); cohorts are permuted
among units, the same permutation for every outcome. romano_wolf, which bootstraps two-way coefficients, is another estimand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.core.method import Method
from analysis.core.options import PERMUTED_WITHIN, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators import _step_down
from analysis.estimators._cohorts import cohort_panel, counts_of, need_never, strata_over, unit_names
from analysis.inference.group_time_cells import NEVER, panel_of
from analysis.inference.group_time_draws import Cells, blocks, cells_of, overall_moments
from analysis.inference.permuted_labels import permute
from analysis.inference.randomization import Draws

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
    """Return three rows per outcome (term: its name): 'randomization_t', alone, and 'romano_wolf' and 'westfall_young', adjusted for the family.

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

    read_in = {name: _outcome(table, first.index, options.control_group) for name, table in tables.items()}
    actual = {name: outcome.under(labels[None]) for name, outcome in read_in.items()}
    permuted: dict[str, list[tuple]] = {name: [] for name in read_in}
    for block in blocks(permute(labels, options.draws, np.random.default_rng(specification.seed), codes), len(labels), 1):
        for name, outcome in read_in.items():
            permuted[name].append(outcome.under(block))
    return _step_down.rows(
        [
            _step_down.Member(name, Draws(*actual[name]), Draws.joined(permuted[name]), outcome.counts, outcome.size)
            for name, outcome in read_in.items()
        ],
        specification.seed,
    )


@dataclass(frozen=True)
class _Outcome:
    """One outcome: its cells, the places of its units among all, its last period, what its rows count and its largest value."""

    cells: Cells
    places: np.ndarray
    last: float
    not_yet: bool
    counts: dict
    size: float

    def under(self, labels: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the columns of the Draws of the average over treated cells when units have `labels` (draws, all units)."""
        own = labels[:, self.places]
        return overall_moments(self.cells, np.where(own > self.last, NEVER, own), self.not_yet)


def _outcome(data: pd.DataFrame, units: pd.Index, control_group: str) -> _Outcome:
    if control_group == "never_treated":
        need_never(data, "; control_group=not_yet_treated compares with units before their own treatment")
    wide = panel_of(data, "outcome", "unit", "time", "cohort")
    places, last = units.get_indexer(unit_names(data)), wide.periods.max()
    size = float(data["outcome"].abs().max())
    return _Outcome(cells_of(wide), places, last, control_group == "not_yet_treated", counts_of(data), size)
