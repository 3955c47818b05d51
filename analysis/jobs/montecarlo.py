"""A design of config/montecarlo.yaml → bias, coverage and size of its methods. SIMULATED."""

from __future__ import annotations

from analysis.core.storage import write_table
from analysis.simulations.monte_carlo import replicate


def montecarlo(name: str, settings: dict, seed: int, contract: dict, path: str) -> None:
    """Replicate process `name` of config/montecarlo.yaml and write one row per method."""
    write_table(replicate(name, settings, seed), path, contract, "simulated")
