"""From a panel to the sample of a specification: which rows, and the outcome scaled, winsorized and transformed."""

from __future__ import annotations

import numpy as np
import pandas as pd

# The closed list of transforms an outcome may name in config/study.yaml.
TRANSFORMS = {
    "level": lambda x: x,
    # Logs of zero or negative values are undefined and become missing; the sample table counts them.
    "log": lambda x: np.log(x.where(x > 0)),
    # Its effect depends on the unit of x where there are zeros (Chen and Roth 2024): shown as a warning, never a result.
    "log1p": lambda x: np.log1p(x.where(x >= 0)),
}

# What each condition of a sample asks of a column: `where: {year: {at_least: 2011}}`.
HOLDS = {
    "equals": lambda s, v: s == v,
    "not_equals": lambda s, v: s != v,
    "at_least": lambda s, v: s >= v,
    "at_most": lambda s, v: s <= v,
    "in": lambda s, v: s.isin(v),
    "not_in": lambda s, v: ~s.isin(v),
}


def blank_controls(panel: pd.DataFrame, settings: dict) -> tuple[str, ...]:
    """Return the controls that are blank in every row of the panel, where they stand beside a cohort or treatment.

    Files without a field would otherwise lose every row. A control that is the regressor of interest is never dropped.
    """
    if not (settings.get("cohort") or settings.get("treatment")):
        return ()
    return tuple(name for name in settings.get("controls", ()) if len(panel) and panel[name].isna().all())


def balanced(sample: pd.DataFrame, outcome: str, unit: str, time: str) -> pd.DataFrame:
    """Return the units that have the outcome in every period in which any unit has it."""
    seen = sample.dropna(subset=[outcome])
    complete = seen.groupby(unit)[time].nunique() == seen[time].nunique()
    return seen[seen[unit].isin(complete.index[complete])].reset_index(drop=True)


def prepare(panel: pd.DataFrame, where: dict, outcome: dict | None, outcome_name: str) -> pd.DataFrame:
    """Return the rows that satisfy `where`, with the outcome scaled, winsorized and transformed in column `outcome_name`.

    Winsorizing takes its limits from the whole panel, so that no sample moves them.
    """
    keep = pd.Series(True, index=panel.index)
    for column, conditions in where.items():
        for condition, value in conditions.items():
            keep &= HOLDS[condition](panel[column], value).fillna(False).astype(bool)
    sample = panel.loc[keep].copy()
    if outcome is not None:
        values = sample[outcome["column"]].astype("float64")
        if outcome.get("winsorize"):
            tail = outcome["winsorize"]
            low, high = panel[outcome["column"]].astype("float64").quantile([tail, 1 - tail])
            values = values.clip(low, high)
        sample[outcome_name] = TRANSFORMS[outcome["transform"]](values * outcome.get("scale", 1.0))
    return sample.reset_index(drop=True)
