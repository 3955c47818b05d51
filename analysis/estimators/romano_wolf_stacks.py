"""Many outcomes of one event: step-down p-values of stacked averages under events permuted within risk sets.

Each outcome's statistic is the t-ratio of stacked_did; events are permuted among the stack-units of a risk set, the same
permutation for every outcome. Outcomes and their base period are those of stacked_did, so that no other regression stands in.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd

from analysis.core.method import Method
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators import _step_down
from analysis.estimators.stacked_did import STACKED, counts_of, read
from analysis.inference.stacked_average import COLUMNS, Comparison, need_stacks, permutations

METHOD = Method(
    title="Many outcomes: Romano-Wolf step-down of stacked averages, events permuted within risk sets",
    citation="Romano and Wolf (2005), Econometrica 73: 1237-1282; (2016), Statistics and Probability Letters 113: 38-40; Wing, Freedman and Hollingsworth (2024)",
    library="analysis",
    needs=("outcome", "unit", "time"),
    columns=COLUMNS,
    options={"outcomes": _step_down.OUTCOMES, "draws": _step_down.DRAWS, **STACKED},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return three rows per outcome (term: its name): 'randomization_t', alone, and 'romano_wolf' and 'westfall_young', adjusted for the family.

    The panel is stacked already (columns stack, event_time, treated, the unit, and risk sets in `cell`). Events are permuted
    among the stack-units that have the reference period of any outcome of the family.
    """
    options = METHOD.read(specification)
    METHOD.need(panel, specification, options.cell)
    need_stacks(panel, specification.unit, options.cell)
    read_in = {name: read(panel, name, specification.unit, options) for name in _step_down.members(panel, specification, options.outcomes)}
    about = [
        pd.DataFrame({"cell": np.array(stacks.cell_names)[stacks.cell], "treated": stacks.treated}, index=stacks.members)
        for _, stacks, _ in read_in.values()
    ]
    every = pd.concat(about)
    every = every[~every.index.duplicated()].sort_index()
    cell, treated = pd.factorize(every["cell"], sort=True)[0], every["treated"].to_numpy(bool)
    generator = np.random.default_rng(specification.seed)
    permuted = list(islice(permutations(cell, treated, generator), options.draws))
    family = []
    for name, (data, stacks, chosen) in read_in.items():
        own = every.index.get_indexer(stacks.members)
        comparison = Comparison(stacks, chosen)
        actual, drawn = comparison.draws([stacks.treated]), comparison.draws(assignment[own] for assignment in permuted)
        counts, size = counts_of(data, replace(specification, outcome=name), stacks), float(data[name].abs().max())
        family.append(_step_down.Member(name, actual, drawn, counts, size))
    return _step_down.rows(family, specification.seed)
