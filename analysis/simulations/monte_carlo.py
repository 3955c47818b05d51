"""True effects → what each method makes of them. SIMULATED: this tests methods, never a claim."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification

LEVEL = 0.05


def replicate(name: str, settings: dict, seed: int) -> pd.DataFrame:
    """Return bias, coverage and size of every method of one data-generating process; replications share nothing but the seed."""
    return summarized(name, settings, [run(settings, seed, replication) for replication in range(settings["replications"])])


def run(settings: dict, seed: int, replication: int) -> dict[str, dict[str, dict]]:
    """Return what every method makes of one replication: method → `effect` and, if any reports size, `null` → numbers (see `_once`).

    Its stream is seeded by `seed` and its own number, so that it is the same whichever others run, and where.
    """
    simulate = import_module(f"analysis.simulations.data_generating_processes.{settings['data_generating_process']}").simulate
    true_values = {"effect": settings["effect"]}
    if any("size" in _report(choices) for choices in settings["methods"].values()):
        true_values["null"] = settings.get("size_at", 0.0)
    found: dict[str, dict[str, dict]] = {method: {} for method in settings["methods"]}
    for kind, true_value in true_values.items():
        panel, truths = simulate(np.random.default_rng([seed, replication, kind == "null"]), true_value, **settings.get("settings", {}))
        for method, choices in settings["methods"].items():
            found[method][kind] = _once(panel, truths, settings["columns"], choices, [seed, replication])
    return found


def summarized(name: str, settings: dict, runs: list[dict]) -> pd.DataFrame:
    """Return the rows of the contract `montecarlo`, one a method, over the `runs` of all replications."""
    rows = []
    for method in settings["methods"]:
        own = {kind: [one[method][kind] for one in runs if kind in one[method]] for kind in ("effect", "null")}
        rows.append(_summary(name, settings, method, own))
    return pd.DataFrame(rows)


def _report(choices: dict) -> list[str]:
    return choices.get("report", ["bias", "coverage", "size"])


def _once(panel: pd.DataFrame, truths: dict, columns: dict, choices: dict, seed: list[int]) -> dict:
    """Return truth, estimate, standard error, interval and p-value of one method on one panel; NaN where it refuses."""
    fields = columns | choices.get("columns", {})
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    specification = Specification("montecarlo", choices["estimator"], options=choices.get("options", {}), seed=seed, **fields)  # type: ignore[arg-type]
    truth = truths.get(choices.get("truth"), np.nan)
    blank = dict.fromkeys(("estimate", "std_error", "ci_low", "ci_high", "p_value"), np.nan)
    try:
        rows = import_module(f"analysis.estimators.{choices['estimator']}").estimate(panel, specification)
    except NotIdentified:
        return blank | {"truth": truth}
    wanted = {"term": choices.get("term", "att")}
    wanted |= {key: choices[key] for key in ("setting", "event_time", "inference") if key in choices}
    fits = [row for row in rows if all(row.get(key) == value for key, value in wanted.items()) and "estimate" in row]
    return blank | ({key: fits[0][key] for key in blank if fits[0].get(key) is not None} if fits else {}) | {"truth": truth}


def _summary(name: str, settings: dict, method: str, runs: dict) -> dict:
    choices = settings["methods"][method]
    report = _report(choices)
    effect, null = pd.DataFrame(runs["effect"]), pd.DataFrame(runs["null"], columns=["p_value", "ci_low", "ci_high"])
    error = (effect["estimate"] - effect["truth"]).dropna()
    bounded = effect.dropna(subset=["ci_low", "ci_high"])
    covered = (bounded["ci_low"] <= bounded["truth"]) & (bounded["truth"] <= bounded["ci_high"])
    test = settings.get("size_at", 0.0)
    # A value other than zero is tested by whether the interval leaves it out.
    rejected = (null["p_value"].dropna() <= LEVEL) if test == 0 else ~null.dropna(subset=["ci_low"]).eval("ci_low <= @test <= ci_high")
    row = {
        "data_generating_process": name,
        "method": method,
        "estimator": choices["estimator"],
        "title": settings["title"],
        "label": choices["label"],
        "misused": bool(choices.get("misused", False)),
        "true_effect": float(effect["truth"].mean()),
        "replications": settings["replications"],
        "refused": int(effect["estimate"].isna().sum()),
        "mean_error": float(effect["std_error"].mean()),
        "spread": float(error.std()) if len(error) > 1 else np.nan,
    }
    row["bias"] = float(error.mean()) if "bias" in report and len(error) else np.nan
    row["bias_error"] = row["spread"] / np.sqrt(len(error)) if "bias" in report and len(error) > 1 else np.nan
    row["coverage"] = float(covered.mean()) if "coverage" in report and len(covered) else np.nan
    row["size"] = float(rejected.mean()) if "size" in report and len(rejected) else np.nan
    return row
