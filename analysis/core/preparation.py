"""From a panel to the sample of a specification: which rows, and the outcome scaled, winsorized and transformed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption

# What the tails of an outcome are taken over.
OVER = ("period", "all", "changes")

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


def meeting(panel: pd.DataFrame, where: dict) -> pd.Series:
    """Return which rows satisfy every condition of `where`; a blank satisfies none."""
    keep = pd.Series(True, index=panel.index)
    for column, conditions in where.items():
        for condition, value in conditions.items():
            keep &= HOLDS[condition](panel[column], value).fillna(False).astype(bool)
    return keep


def prepare(panel: pd.DataFrame, where: dict, outcome: dict | None, outcome_name: str, unit: str = "", time: str = "") -> pd.DataFrame:
    """Return the rows that satisfy `where`, with the outcome scaled, winsorized and transformed in column `outcome_name`.

    Winsorizing takes its limits from the whole panel, so that no sample moves them: see `winsorized`.
    """
    sample = panel.loc[meeting(panel, where)].copy()
    if outcome is not None:
        values = sample[outcome["column"]].astype("float64")
        if outcome.get("winsorize"):
            values = winsorized(panel, outcome, unit, time).loc[sample.index]
        sample[outcome_name] = TRANSFORMS[outcome["transform"]](values * outcome.get("scale", 1.0))
    return sample.reset_index(drop=True)


def winsorized(panel: pd.DataFrame, outcome: dict, unit: str, time: str) -> pd.Series:
    """Return the outcome's column with its tails of `winsorize` clipped at quantiles, taken `winsorize_over`:

    period (the default where there are periods): those of each period, so that a unit that is always extreme still moves;
    all: those of all rows together; changes: those of all changes from period to period, added up again from the first value.
    Raises BadOption where this makes a unit constant that was not, with its name: its effect would be an artefact of the clipping.
    """
    values, tail = panel[outcome["column"]].astype("float64"), outcome["winsorize"]
    over = outcome.get("winsorize_over", "period" if time else "all")
    if over not in OVER:
        raise BadOption(f"{outcome['column']}: winsorize_over is one of {', '.join(OVER)}", "winsorize_over", over, OVER)
    if over == "period":
        groups = values.groupby(panel[time])
        found = values.clip(groups.transform("quantile", tail), groups.transform("quantile", 1 - tail))
    elif over == "changes":
        found = _clipped_changes(values, panel, unit, time, tail)
    else:
        found = values.clip(*values.quantile([tail, 1 - tail]))
    if unit and time:
        _need_moving(values, found, panel[unit], f"{outcome['column']}: winsorize {tail:g} over {over}")
    return found


def _clipped_changes(values: pd.Series, panel: pd.DataFrame, unit: str, time: str, tail: float) -> pd.Series:
    """Return each unit's first value plus its clipped changes; a gap within a unit is one change."""
    ordered = values.dropna().to_frame("value").assign(unit=panel[unit], time=panel[time]).sort_values(["unit", "time"], kind="stable")
    changes = ordered.groupby("unit")["value"].diff()
    clipped = changes.clip(*changes.quantile([tail, 1 - tail])).fillna(ordered["value"])
    return clipped.groupby(ordered["unit"]).cumsum().reindex(values.index)


def _need_moving(before: pd.Series, after: pd.Series, units: pd.Series, what: str) -> None:
    """Refuse winsorizing that leaves a unit constant which had at least three different values."""
    still = (before.groupby(units).nunique() >= 3) & (after.groupby(units).nunique() == 1)
    if still.any():
        names = [str(name) for name in still.index[still]]
        raise BadOption(
            f"{what} makes {len(names)} units constant, first {names[0]}: their every value lies in a tail; winsorize over periods or changes",
            "winsorize", "all", ("period", "changes"),
        )  # fmt: skip
