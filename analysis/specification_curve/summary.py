"""What a specification curve says as a whole: its specifications in order, and summaries of all and of those that share a choice."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.core.claims import region_of
from analysis.core.contracts import typed
from analysis.core.verdict_rule import Region
from analysis.specification_curve import durations
from analysis.specification_curve import explore as panels
from analysis.specification_curve.joint import tests
from analysis.specification_curve.names import ALL, NONE

# Choices whose levels are also summarised alone: what a joint test finds may depend on which of them is multiplied.
SUBSETS = ("outcome", "estimator", "fixed_effects")
# What an effect on the outcome is divided by, by the unit of the curve.
PER = {"within_sd": "within_sd", "proportion": "mean", "log points": None}


def curve_of(
    name: str, panel: pd.DataFrame, settings: dict, panel_settings: dict, test: dict, seed: int, contracts: dict
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the curve `name` (contract `curve`) and its joint tests (contract `curve_joint`).

    `test` is the test of config/claims.yaml whose region the readings use.
    """
    return summarized(name, settings, test, *explored(panel, settings, panel_settings, test, seed), contracts)


def explored(panel: pd.DataFrame, settings: dict, panel_settings: dict, test: dict, seed: int) -> tuple[list[dict], np.ndarray, list[dict]]:
    """Return rows, statistics (draws + 1, k) and choices of all specifications that `settings` combine, as `explore` does.

    Rows of several samples and outcomes are those of each alone, one after another, for permutations depend on the seed only.
    """
    region = region_in_unit(test, settings["unit"])
    choices = settings | {"outcomes": {k: v | {"per": PER[settings["unit"]]} for k, v in settings["outcomes"].items()}}
    explore = durations.explore if "spells" in settings else panels.explore
    return explore(panel, choices, panels.Setting(panel_settings["unit"], panel_settings["time"], region, seed))


def summarized(
    name: str, settings: dict, test: dict, found: list[dict], statistics: np.ndarray, permuted: list[dict], contracts: dict
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the curve and its joint tests from what was `explored`; arguments and contracts as in `curve_of`."""
    region = region_in_unit(test, settings["unit"])
    table = arranged(name, pd.DataFrame(found), settings["main"], contracts["curve"])
    joint = pd.DataFrame(list(summaries(name, settings, region, table, statistics, pd.DataFrame(permuted))))
    return table, typed(joint, contracts["curve_joint"])


def region_in_unit(test: dict, unit: str) -> Region:
    """Return the region of a claim's test in the unit of a curve: logs of ratios become proportions where effects are."""
    region = region_of(test, pd.Series({"within_sd": 1.0}))
    return Region(math.expm1(region.low), math.expm1(region.high)) if unit == "proportion" else region


def arranged(name: str, table: pd.DataFrame, main: dict, contract: dict) -> pd.DataFrame:
    """Return the rows ordered by estimate, numbered, with the main specification marked; it must be one row."""
    choices = ["outcome", "sample", "dates", "estimator", "controls", "fixed_effects", "inference"]
    table = table.sort_values(["estimate", *choices], kind="stable", ignore_index=True)
    is_main = pd.Series(True, index=table.index)
    for column, value in main.items():
        is_main &= table[column] == value
    if is_main.sum() != 1:
        raise LookupError(f"config/specification_curves.yaml: {name}: `main` matches {int(is_main.sum())} specifications, not one")
    return typed(table.assign(curve=name, main=is_main, number=np.arange(1, len(table) + 1)), contract)


def summaries(
    name: str, settings: dict, region: Region, table: pd.DataFrame, statistics: np.ndarray, permuted: pd.DataFrame
) -> Iterator[dict]:
    """Yield the rows of the contract `curve_joint`: of all specifications, then of those that share one choice.

    `permuted` has the choices of the columns of `statistics`.
    """
    yield summary(name, settings, region, table, table, ALL) | tests(statistics)
    for choice in SUBSETS:
        for level in table[choice].drop_duplicates().sort_values():
            if level == NONE:
                continue
            moved = statistics[:, (permuted[choice] == level).to_numpy()] if len(permuted) else statistics
            yield summary(name, settings, region, table, table[table[choice] == level], f"{choice}: {level}") | tests(moved)


def summary(name: str, settings: dict, region: Region, table: pd.DataFrame, part: pd.DataFrame, subset: str) -> dict:
    """Return the row of the contract `curve_joint` for a `part` of the `table`, less its joint tests.

    Readings are counted over the main specification's kind of interval, so that no specification counts twice.
    """
    main = table[table["main"]].iloc[0]
    verdict = part.loc[part["inference"] == main["inference"], "reading"].str.partition(" (")[0]
    once = part.drop_duplicates(["outcome", "sample", "dates", "estimator", "controls", "fixed_effects"])["estimate"]
    return {
        "curve": name,
        "subset": subset,
        "title": settings["title"],
        "claim": settings["claim"],
        "unit": settings["unit"],
        "region_low": region.low if math.isfinite(region.low) else np.nan,
        "region_high": region.high if math.isfinite(region.high) else np.nan,
        "n_specifications": len(once),
        "n_distinct": once.map("{:.8g}".format).nunique(),
        "n_read": len(verdict),
        "draws": settings["draws"],
        "main_estimate": main["estimate"],
        "main_low": main["ci_low"],
        "main_high": main["ci_high"],
        "main_reading": main["reading"],
        "main_rank": (once < main["estimate"]).mean(),
        "median": once.median(),
        "low": once.quantile(0.025),
        "high": once.quantile(0.975),
        "share_positive": (once > 0).mean(),
        "share_consistent": (verdict == "consistent").mean(),
        "share_not_consistent": (verdict == "not consistent").mean(),
        "share_undecided": (verdict == "untestable").mean(),
        "share_same": (verdict == main["reading"].partition(" (")[0]).mean(),
    }
