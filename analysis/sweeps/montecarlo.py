"""A process of config/montecarlo.yaml with any number of replications. SIMULATED."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.simulations.monte_carlo import run as replication_of
from analysis.simulations.monte_carlo import summarized
from analysis.sweeps import blocks
from analysis.sweeps.plan import Plan


def run(plan: Plan, folder: Path, block: int) -> None:
    """Write what every method made of the replications of a block."""
    settings = plan.about["settings"]
    blocks.save(folder, block, {}, [replication_of(settings, plan.seed, replication) for replication in plan.within(block)])


def gather(plan: Plan, folder: Path) -> pd.DataFrame:
    """Return one row a method, in the columns of config/tables/montecarlo.yaml, as the study's own table has them."""
    runs = [one for block in range(plan.blocks) for one in blocks.load(folder, block)[1]]
    return summarized(plan.about["name"], plan.about["settings"] | {"replications": plan.size}, runs)
