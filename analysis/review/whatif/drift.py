"""Bounds for violations of parallel trends beside both versions, or why neither has them.

Either both versions are read with bounds or neither is: a verdict that changes because one side lacks them says nothing
about the choice that was changed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.core.catalogue import outcomes_of
from analysis.core.errors import BadOption, DataError, UnknownName
from analysis.core.estimates import why
from analysis.core.estimation import estimated
from analysis.core.gates import HONEST
from analysis.core.storage import read_table
from analysis.review.whatif.changes import changed

DRAWS = ("randomization_draws", "permuted_within")
NOT_ASKED = "--honest computes it"
# With these the companion is no longer the event study that bounds are made from.
FORBID = ("estimator", "aggregation", "option.aggregation")


def bounds_of_both(
    study: dict, panel: pd.DataFrame, name: str, outcome: str, words: list[str], asked: bool, stored: Path
) -> list[pd.DataFrame | str]:
    """Return the rows of companion `name` for the baseline and for the variant, or in words why both go without."""
    settings = study["specifications"][name]
    if outcome not in outcomes_of(settings):
        return [f"{name} has no bounds for this outcome"] * 2
    if forbidden := [word for word in words if word.partition("=")[0] in FORBID]:
        return [f"no bounds can be computed with {forbidden[0]}"] * 2
    if not asked:
        return [NOT_ASKED] * 2
    baseline = read_table(stored) if stored.exists() else _bounds(study, panel, name, outcome, [])
    pair = [_usable(baseline), _usable(_bounds(study, panel, name, outcome, words))]
    missing = [one for one in pair if isinstance(one, str)]
    return missing[:1] * 2 if missing else pair


def interval(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the interval that allows for violations of parallel trends of the size that the rule names."""
    wanted = [(rows[column] == value).fillna(False) for column, value in HONEST.items()]
    return rows[np.logical_and.reduce(wanted)]


def _usable(rows: pd.DataFrame | str) -> pd.DataFrame | str:
    """Return rows with bounds; without, why: another row of the event study must not pass for bounds."""
    if isinstance(rows, str):
        return rows
    found = interval(rows)
    reasons = [why(row) for _, row in (found if len(found) else rows).iterrows() if pd.notna(row["reason"])]
    if reasons:
        return f"no bounds could be computed ({reasons[0]})"
    return found if len(found) else "no bounds could be computed"


def _bounds(study: dict, panel: pd.DataFrame, name: str, outcome: str, words: list[str]) -> pd.DataFrame | str:
    settings = study["specifications"][name]
    try:
        columns = study["contracts"][settings["panel"]]["columns"]
        variant = changed(settings, study["outcomes"].get(outcome), words, columns, "whatif")
        # Bounds need no permuted dates.
        options = {key: value for key, value in variant.settings.get("options", {}).items() if key not in DRAWS}
        contract = study["contracts"]["estimate"]
        return estimated(panel, name, variant.settings | {"options": options}, outcome, variant.outcome, contract)
    except (BadOption, DataError, UnknownName) as error:
        return f"no bounds could be computed ({error})"
