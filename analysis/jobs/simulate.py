"""Dials → the simulated cohort. SIMULATED: it tests the pipeline, never a claim."""

from __future__ import annotations

from pathlib import Path

from analysis.core.errors import DataError
from analysis.core.rawfiles import load
from analysis.simulations.cohort.cohort import write


def simulate(settings: dict, raw: dict[str, dict], folder: str | Path) -> None:
    """Write the cohort that `settings` describe into `folder`; cities open on the register's dates."""
    if settings["preset"] not in settings["presets"]:
        raise DataError(f"config/simulation.yaml: unknown preset '{settings['preset']}'; known: {', '.join(settings['presets'])}")
    write(settings, load(raw["first_issues_by_city"]), load(raw["province_list"]), folder)
