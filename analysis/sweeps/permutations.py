"""Randomization of the treatment with any number of permutations: the overall effect of one model, of the study or on a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.core.any_table import table_of
from analysis.core.config import load
from analysis.core.errors import BadOption, DataError
from analysis.core.estimation import estimated
from analysis.core.specification import LISTS, Specification
from analysis.core.storage import read_table
from analysis.inference import randomization
from analysis.inference.randomization import Draws
from analysis.sources.files.asked import Reading
from analysis.sources.files.file import read as read_file
from analysis.sweeps import blocks
from analysis.sweeps.plan import BLOCK, Plan

# Their tests rest on draws that inference.randomization is handed whole.
ESTIMATORS = ("callaway_santanna", "two_way_fixed_effects", "stacked_did")
OPTION = "randomization_draws"
FIELDS = ("a", "b", "v_yy", "v_yd", "v_dd")


def check_estimator(estimator: str) -> None:
    """Raise BadOption for an estimator whose permutations cannot be scattered."""
    if estimator not in ESTIMATORS:
        raise BadOption(f"sweep permutations: not for '{estimator}'; for {', '.join(ESTIMATORS)}", "estimator", estimator, ESTIMATORS)


def try_out(plan: Plan) -> None:
    """Run the model with a few draws. Raises DataError where it gives no test, or where there are so few permutations that all are taken."""
    kept: list[Draws] = []
    with randomization.redirected(_keep(kept, plan)):
        table = fit_of(plan)(2, plan.seed)
    if not kept:
        reasons = table["reason"].dropna().unique()
        raise DataError(f"the model has no randomization test: {'; '.join(reasons) or 'no effect to test'}")


def run(plan: Plan, folder: Path, block: int, fit: Callable[[int, int], pd.DataFrame]) -> None:
    """Write the draws of a block, test by test."""
    kept: list[Draws] = []
    with randomization.redirected(_keep(kept, plan)):
        fit(len(plan.within(block)), plan.stream(block))
    arrays = {f"{field}_{test}": getattr(draws, field) for test, draws in enumerate(kept) for field in FIELDS}
    blocks.save(folder, block, arrays, len(kept))


def gather(plan: Plan, folder: Path) -> pd.DataFrame:
    """Return the rows of the overall effect, in the columns of config/tables/estimate.yaml, from the draws of all blocks."""
    found = [blocks.load(folder, block) for block in range(plan.blocks)]
    tests = {int(count) for _, count in found}
    if len(tests) != 1:
        raise DataError(f"{folder}: blocks hold {sorted(tests)} tests; they must agree")
    joined = iter(
        [Draws.joined(tuple(arrays[f"{field}_{test}"] for field in FIELDS) for arrays, _ in found) for test in range(tests.pop())]
    )
    with randomization.redirected(lambda _draws, _complete: next(joined)):
        table = fit_of(plan)(min(BLOCK[plan.kind], plan.size), plan.stream(0))
    overall = table["inference"].isin(["randomization_t", "randomization_beta"]) & table["event_time"].isna() & table["cohort"].isna()
    return table[overall].assign(seed=plan.seed).reset_index(drop=True)


def fit_of(plan: Plan) -> Callable[[int, int], pd.DataFrame]:
    """Return the function of draws and seed that fits the model and returns its Estimate table; the data are read once."""
    about = plan.about
    if "model" in about:
        panel, study = read_table(plan.data), load()
        settings, contract = about["settings"], study["contracts"]["estimate"]

        def fit(draws: int, seed: int) -> pd.DataFrame:
            chosen = settings | {"seed": seed, "options": settings.get("options", {}) | {OPTION: draws}}
            return estimated(panel, about["model"], chosen, about["outcome_name"], about["outcome"], contract)

        return fit
    fields: dict[str, Any] = {name: tuple(value) if name in LISTS else value for name, value in about["specification"].items()}
    specification = Specification(**fields)
    reading = Reading(**about["reading"] | {"missing": tuple(about["reading"]["missing"])})
    data = read_file(plan.data, {column: set(roles) for column, roles in about["roles"].items()}, reading, also=about["also"])

    def fit_file(draws: int, seed: int) -> pd.DataFrame:
        return table_of(data, replace(specification, seed=seed, options=specification.options | {OPTION: draws}), Path(plan.data).name)

    return fit_file


def of_file(specification: Specification, roles: dict[str, set[str]], reading: Reading, also: list[str]) -> dict:
    """Return what a plan says about a model on a file."""
    plain = {column: sorted(names) for column, names in roles.items()}
    return {"specification": asdict(specification), "roles": plain, "reading": asdict(reading), "also": sorted(also)}


def _keep(kept: list[Draws], plan: Plan) -> Callable[[Draws, bool], Draws]:
    def keep(draws: Draws, complete: bool) -> Draws:
        if complete:
            raise DataError(f"there are only {len(draws.a)} different permutations, fewer than {plan.size:,}: no draws are needed")
        kept.append(Draws(*(np.asarray(getattr(draws, field)) for field in FIELDS)))
        return draws

    return keep
