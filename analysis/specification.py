"""One specification: everything an estimator may know besides the panel."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.catalogue import unknown

# The closed list of transforms an outcome may name in config/study.yaml.
TRANSFORMS = {
    "level": lambda x: x,
    # Logs of zero or negative values are undefined and become missing; the sample table counts them.
    "log": lambda x: np.log(x.where(x > 0)),
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
    and `weights` name panel columns; `options` belongs to the estimator; `seed` is derived from the
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
    options: dict = field(default_factory=dict)
    seed: int = 0

    def read_options(self, **defaults: object) -> SimpleNamespace:
        """Return the options over their `defaults`; an option that is not among them is refused."""
        for name in self.options:
            if name not in defaults:
                raise unknown(name, defaults, f"config/study.yaml: specifications → {self.name} ({self.estimator})", "option")
        return SimpleNamespace(**{**defaults, **self.options})


def prepare(panel: pd.DataFrame, where: dict, outcome: dict | None, outcome_name: str) -> pd.DataFrame:
    """Return the rows that satisfy `where`, with the transformed outcome in column `outcome_name`."""
    keep = pd.Series(True, index=panel.index)
    for column, conditions in where.items():
        for condition, value in conditions.items():
            keep &= CONDITIONS[condition](panel[column], value).fillna(False).astype(bool)
    sample = panel.loc[keep].copy()
    if outcome is not None:
        sample[outcome_name] = TRANSFORMS[outcome["transform"]](sample[outcome["column"]].astype("float64"))
    return sample.reset_index(drop=True)
