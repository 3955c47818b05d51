"""A curve of config/specification_curves.yaml of any size: its combinations of sample and outcome scattered, its permutations shared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.specification_curve.summary import explored, summarized
from analysis.sweeps import blocks
from analysis.sweeps.plan import Plan


def combinations(settings: dict) -> list[tuple[str, str]]:
    """Return sample and outcome of every block, in the order of the curve."""
    return [(sample, outcome) for sample in settings["samples"] for outcome in settings["outcomes"]]


def run(plan: Plan, folder: Path, block: int, panel: pd.DataFrame) -> None:
    """Write the specifications of one sample and outcome, and their statistics under every permutation."""
    about, settings = plan.about, plan.about["settings"]
    sample, outcome = combinations(settings)[block]
    part = settings | {"samples": {sample: settings["samples"][sample]}, "outcomes": {outcome: settings["outcomes"][outcome]}}
    found, statistics, permuted = explored(panel, part, about["panel"], about["test"], plan.seed)
    blocks.save(folder, block, {"statistics": statistics}, [found, permuted])


def gather(plan: Plan, folder: Path, contracts: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the curve (contract `curve`) and its joint tests (contract `curve_joint`) over all blocks."""
    found: list[dict] = []
    permuted: list[dict] = []
    statistics = []
    for block in range(plan.blocks):
        arrays, (rows, choices) = blocks.load(folder, block)
        found, permuted = found + rows, permuted + choices
        statistics.append(arrays["statistics"])
    about = plan.about
    return summarized(about["name"], about["settings"], about["test"], found, np.hstack(statistics), permuted, contracts)
