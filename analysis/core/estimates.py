"""Rows of the Estimate contract (config/tables/estimate.yaml)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.core.catalogue import ROOT
from analysis.core.contracts import typed
from analysis.core.distributions import t_quantile, t_tail

NUMBERS = ("estimate", "std_error", "ci_low", "ci_high", "ci90_low", "ci90_high", "p_value", "mde80", "within_sd")
COUNTS = ("cohort", "event_time", "n_obs", "n_units", "n_treated", "n_clusters", "n_treated_clusters", "seed", "draws")
# Inferences that take the spread among treated clusters for their uncertainty.
SAMPLING = ("analytic", "cluster", "two_way_cluster", "cr3", "hc1", "hc3", "robust", "unadjusted", "multiplier_bootstrap")
# Of these, the ones that see nothing but the spread between clusters.
CLUSTERED = ("cluster", "two_way_cluster", "cr3")

# Reason code of rows whose data are not at hand.
ABSENT = "ABSENT"


class NotIdentified(ValueError):
    """The data cannot identify the parameter; `code` is a short reason code, the message explains it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


# Below it tests with a normal reference reject far too often (Cameron, Gelbach and Miller 2008, REStat 90: 414-427, table 2).
FEW_CLUSTERS = 10


def parameter(term: str, estimate: float, std_error: float = np.nan, *, inference: str, degrees: float = np.inf, **more: Any) -> dict:
    """Return one row: intervals and p-value from a t (or, with infinite `degrees`, normal) reference.

    Any column of the contract given in `more` replaces the computed one (a bootstrap interval, say). A term that is computed
    at several values (bounds by size of violation, effects without one unit) says in `setting` at which.
    """
    row = {"term": term, "estimate": float(estimate), "std_error": float(std_error), "inference": inference, "library": "analysis"}
    if np.isfinite(std_error) and std_error > 0:
        row["p_value"] = 2 * t_tail(abs(estimate / std_error), degrees)
        for low, high, level in (("ci_low", "ci_high", 0.95), ("ci90_low", "ci90_high", 0.90)):
            half = float(t_quantile(0.5 + level / 2, degrees) * std_error)
            row[low], row[high] = estimate - half, estimate + half
        # Two-sided 5 % test with power 0.80: (t_0.975 + t_0.80) standard errors.
        row["mde80"] = float((t_quantile(0.975, degrees) + t_quantile(0.80, degrees)) * std_error)
        clusters = more.get("n_clusters")
        if inference in ("cluster", "analytic") and np.isinf(degrees) and clusters and clusters < FEW_CLUSTERS:
            row |= noted(f"FEW: {int(clusters)} clusters: errors are too small, and the normal reference is too sure, with so few")
    return {**row, **more}


def refused(term: str, code: str, message: str, inference: str = "none", **more: Any) -> dict:
    """Return the row that says why there is no number; `more` holds columns that tell it from its like (`setting`)."""
    return {"term": term, "inference": inference, "library": "analysis", "reason_code": code, "reason": message, **more}


def noted(note: str) -> dict:
    """Return the columns of a note that kernels give as 'CODE: words'; none without a note."""
    if not note:
        return {}
    code, words = parted(note)
    return {"reason_code": code, "reason": words}


def parted(note: str) -> tuple[str, str]:
    """Return the code and the words of a note."""
    code, _, words = note.partition(": ")
    return code, words


def why(row: pd.Series | dict) -> str:
    """Return why a row has no number, as one prints it: 'CODE: words'."""
    return f"{row['reason_code']}: {row['reason']}"


def contract() -> dict:
    """Return the contract of the Estimate table, for estimates outside the study; the study has it in its configuration."""
    import yaml  # here, because jobs of the study get the contract as an argument

    path = ROOT / "config" / "tables" / "estimate.yaml"
    return yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def complete(rows: list[dict], identity: dict, contract: dict) -> pd.DataFrame:
    """Return the Estimate table of `rows`; `identity` fills model_id, outcome, estimand, estimator, sample, evidence.

    What the identity and a row say is `left_out` is joined.
    """
    table = pd.DataFrame([_with_note(_with_left_out(_honest_about_one(row), identity)) for row in rows])
    table = typed(table, contract)
    named = {"library_version": map(_version, table["library"]), "parameter": map(_parameter_name, table.to_dict("records"))}
    return table.assign(**{name: pd.array(list(values), table[name].dtype) for name, values in named.items()})


def _with_left_out(row: dict, identity: dict) -> dict:
    said = [identity.get("left_out"), row.get("left_out")]
    return {**identity, **row, "left_out": "; ".join(filter(None, said)) or None}


def _with_note(row: dict) -> dict:
    """Return the row with its `reason` as a note where the number and its inference stand: a reason says why there is none."""
    stands = np.isfinite(number_of(row.get("estimate"))) and any(
        np.isfinite(number_of(row.get(key))) for key in ("std_error", "ci_low", "p_value")
    )
    return {**row, "note": row["reason"], "reason": None} if stands and row.get("reason") else row


def number_of(value: Any) -> float:
    """Return the number of a cell, NaN where it is blank."""
    return np.nan if value is None or value is pd.NA else float(value)


def _honest_about_one(row: dict) -> dict:
    """Return the row without standard error where one unit or cluster is treated, or there is but one: its own variance cannot be seen."""
    treated = [row[name] for name in ("n_treated", "n_treated_clusters") if pd.notna(row.get(name))]
    clusters = [row["n_clusters"]] if pd.notna(row.get("n_clusters")) else []
    if row["inference"] not in SAMPLING or not np.isfinite(row.get("std_error", np.nan)) or 1 not in (*treated, *clusters):
        return row
    kept = {
        key: value
        for key, value in row.items()
        if key not in ("std_error", "ci_low", "ci_high", "ci90_low", "ci90_high", "p_value", "mde80")
    }
    whose = "one treated unit or cluster has no variance of its own" if 1 in treated else "one cluster has no variance between clusters"
    return {**kept, **noted(f"FEW: {whose}; use randomization or placebo inference")}


def _parameter_name(row: dict) -> str:
    inside = [row["setting"]] * pd.notna(row["setting"])
    inside += [f"g={row['cohort']}"] * pd.notna(row["cohort"]) + [f"e={row['event_time']}"] * pd.notna(row["event_time"])
    return f"{row['term']}{'(' + ','.join(inside) + ')' if inside else ''}|{row['inference']}"


@cache
def _version(library: str) -> str:
    """Return the version of an installed library; nothing for our own code."""
    if library == "analysis":
        return ""
    from importlib.metadata import PackageNotFoundError, version  # here, because few estimates come from a library

    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def find(estimates: pd.DataFrame, reference: dict, context: str) -> pd.Series:
    """Return the one row that a `reference` (outcome, term, setting, cohort, event_time, inference) names.

    Raises LookupError when there is none or more than one, with what there is.
    """
    rows = estimates
    for key in ("outcome", "term", "setting", "cohort", "event_time", "inference"):
        if key in reference:
            rows = rows[(rows[key] == reference[key]).fillna(False)]
    if len(rows) != 1:
        offered = ", ".join(sorted(set((rows if len(rows) else estimates)["parameter"]))[:12])
        raise LookupError(f"{context}: {len(rows)} rows match {reference}. There are: {offered}")
    return rows.iloc[0]
