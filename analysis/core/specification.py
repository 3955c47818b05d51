"""One specification: everything an estimator may know besides the panel."""

from __future__ import annotations

from dataclasses import dataclass, field

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

# The closed list of conditions a sample may name: `where: {year: {at_least: 2011}}`.
CONDITIONS = {
    "equals": lambda s, v: s == v,
    "not_equals": lambda s, v: s != v,
    "at_least": lambda s, v: s >= v,
    "at_most": lambda s, v: s <= v,
    "in": lambda s, v: s.isin(v),
    "not_in": lambda s, v: ~s.isin(v),
}


@dataclass(frozen=True)
class Specification:
    """A model from config/study.yaml applied to one outcome.

    `outcome` names the column of the prepared panel that holds the transformed outcome; `unit`, `time`,
    `cohort` (first treated period, missing = never), `treatment`, `controls`, `fixed_effects`, `cluster`
    and `weights` name panel columns, as do `instruments` (excluded, for `treatment`), and for durations `duration`,
    `event` (1 = ended, 0 = censored, 2.. = competing), `entry` (late entry), `upper` (upper end of an interval-censored
    duration) and `strata`; `frequency` says how `time` is written where its values do not (analysis.core.periods); `options` belongs to the estimator; `seed` is derived from the
    study seed and the specification's name.
    """

    name: str
    estimator: str
    outcome: str = ""
    unit: str = ""
    time: str = ""
    cohort: str = ""
    treatment: str = ""
    controls: tuple[str, ...] = ()
    fixed_effects: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    weights: str = ""
    instruments: tuple[str, ...] = ()
    duration: str = ""
    event: str = ""
    entry: str = ""
    upper: str = ""
    strata: tuple[str, ...] = ()
    frequency: str = ""
    options: dict = field(default_factory=dict)
    seed: int = 0


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
            keep &= CONDITIONS[condition](panel[column], value).fillna(False).astype(bool)
    sample = panel.loc[keep].copy()
    if outcome is not None:
        values = sample[outcome["column"]].astype("float64")
        if outcome.get("winsorize"):
            tail = outcome["winsorize"]
            low, high = panel[outcome["column"]].astype("float64").quantile([tail, 1 - tail])
            values = values.clip(low, high)
        sample[outcome_name] = TRANSFORMS[outcome["transform"]](values * outcome.get("scale", 1.0))
    return sample.reset_index(drop=True)
