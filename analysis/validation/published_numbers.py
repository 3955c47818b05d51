"""Every estimator against numbers printed in papers, textbooks and manuals (config/published.yaml)."""

from __future__ import annotations

from importlib import import_module

import pandas as pd

from analysis.core.specification import Specification
from analysis.validation._datasets import LOADERS, Absent

QUANTITIES = ("estimate", "std_error", "p_value", "ci_low", "ci_high")
NAMED = ("term", "cohort", "event_time", "inference", "setting")


def check(published: dict) -> pd.DataFrame:
    """Return one row per printed number: ours, the difference, the tolerance, and whether they agree.

    A data set that is not at hand gives rows with the reason and no number.
    """
    rows = []
    for target, settings in published.items():
        rows += compare(target, settings)
    return pd.DataFrame(rows)


def compare(target: str, settings: dict) -> list[dict]:
    """Return the rows of one target of config/published.yaml."""
    try:
        found, reason = run(settings), ""
    except Absent as error:
        found, reason = None, str(error)
    tolerance = 10.0 ** -settings.get("digits", 6)
    tolerance = tolerance if settings.get("digits", 6) != round(settings.get("digits", 6)) or tolerance == 1e-6 else 0.51 * tolerance
    rows = []
    for expected in settings["expect"]:
        for quantity in QUANTITIES:
            if quantity not in expected:
                continue
            named = {key: expected[key] for key in NAMED if key in expected}
            ours = float("nan") if found is None else select_row(found, named, target)[quantity]
            difference = abs(ours - expected[quantity])
            rows.append(
                {
                    "target": target,
                    "estimator": settings["estimator"],
                    "data": settings["data"],
                    "parameter": ", ".join(str(value) for value in named.values()),
                    "quantity": quantity,
                    "published": float(expected[quantity]),
                    "ours": ours,
                    "difference": difference,
                    "tolerance": tolerance,
                    "agrees": bool(difference <= tolerance * (1 + 1e-9)),
                    "source": settings["source"],
                    "convention": settings["convention"],
                    "reason": reason,
                }
            )
    return rows


def run(settings: dict) -> list[dict]:
    """Return the estimator's rows on the target's data; raise Absent when the data are not at hand."""
    columns: dict = {key: tuple(value) if isinstance(value, list) else value for key, value in settings["columns"].items()}
    specification = Specification(settings["data"], settings["estimator"], options=settings.get("options", {}), seed=1, **columns)
    return import_module(f"analysis.estimators.{settings['estimator']}").estimate(LOADERS[settings["data"]](), specification)


def select_row(rows: list[dict], named: dict, context: str) -> dict:
    """Return the one row of `rows` that `named` describes; of several inferences the first with a number."""
    fits = [row for row in rows if all(row.get(key) == value for key, value in named.items()) and "estimate" in row]
    if not fits:
        offered = sorted({str(row["term"]) for row in rows})
        raise LookupError(f"config/published.yaml: {context}: no row {named}; there are {', '.join(offered)}")
    return fits[0]
