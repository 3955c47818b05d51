"""The designs as they were on a day, and what has changed since.

A freeze (config/freeze.yaml, made by `python -m analysis freeze`) holds fingerprints of the designs: each key of each
specification with its outcomes, the settings of panels, the tests and regions of the claims, and the specification curves
with their seed. What differs later is a deviation, which the paper lists. Programs are no design: of them a freeze names the
commit, and `verify` says whether the estimates of today's programs equal the archived ones. Nor is wording.
"""

from __future__ import annotations

import hashlib
import json
from fnmatch import fnmatchcase

import pandas as pd

from analysis.core.claim_tests import TEST_LISTS

# What a reader sees of a model does not change its numbers.
LABELS = ("title", "label", "unit", "family", "true_effect")
CLAIM_WORDS = ("section", "kind", "claim", "estimand", "missing", "note")
TEST_WORDS = ("says", "whose")
PARTS = {"specification": "specifications", "panel": "panels", "claim": "claims", "curve": "specification_curves"}


def designs(study: dict) -> dict[str, dict[str, dict[str, str]]]:
    """Return part (see PARTS) → name → setting → fingerprint, of the checked configuration."""
    outcomes = {name: {k: v for k, v in about.items() if k not in LABELS} for name, about in study["outcomes"].items()}
    found: dict[str, dict] = {part: {} for part in PARTS.values()}
    for name, specification in study["specifications"].items():
        settings = {k: v for k, v in specification.items() if k not in ("title", "true_effect", "outcomes", "family_outcomes")}
        members = [*specification.get("outcomes", []), *specification.get("family_outcomes", {})]
        found["specifications"][name] = _prints(settings | {f"outcome {o}": outcomes[o] for o in members})
    for name, claim in study["claims"].items():
        settings = {k: v for k, v in claim.items() if k not in CLAIM_WORDS}
        for key in TEST_LISTS:
            if key in settings:
                settings[key] = [{k: v for k, v in test.items() if k not in TEST_WORDS} for test in settings[key]]
        found["claims"][name] = _prints(settings)
    found["panels"] = {name: _prints(panel) for name, panel in study["panels"].items()}
    # The unit of a curve is no label: its estimates are in it.
    curves = {name: {k: v for k, v in curve.items() if k != "title"} for name, curve in study["specification_curves"].items()}
    found["specification_curves"] = {name: _prints(curve | {"seed": study["seed"]}) for name, curve in curves.items()}
    return found


def deviations(frozen: dict, now: dict) -> pd.DataFrame:
    """Return one row per design that was added, removed or changed since the freeze: kind, name, change, reason.

    `frozen` is the content of config/freeze.yaml, `now` what `designs` returns.
    """
    reasons = frozen.get("reasons", {})
    rows = []
    for kind, part in PARTS.items():
        before, after = frozen.get(part, {}), now[part]
        for name in sorted(before.keys() | after.keys()):
            change = _change(before.get(name), after.get(name))
            if change:
                rows.append({"kind": kind, "name": name, "change": change, "reason": _reason(name, reasons)})
    return pd.DataFrame(rows, columns=["kind", "name", "change", "reason"])


def _reason(name: str, reasons: dict[str, str]) -> str:
    """Return the reason recorded for `name`, else for the first pattern that it matches ("analysis/inference/*")."""
    patterns = (why for pattern, why in reasons.items() if fnmatchcase(name, pattern))
    return reasons.get(name) or next(patterns, "not given")


def _change(before: dict | None, after: dict | None) -> str:
    if before is None or after is None:
        return "added" if before is None else "removed"
    keys = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    return f"changed: {', '.join(keys)}" if keys else ""


def _prints(settings: dict) -> dict[str, str]:
    return {str(key): _print(json.dumps(value, sort_keys=True, default=str)) for key, value in settings.items()}


def _print(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
