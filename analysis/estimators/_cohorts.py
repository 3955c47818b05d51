"""First treated periods, however they are given, and the panel as cohort estimators want it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimates import NotIdentified
from analysis.estimators._regression import complete_rows


def cohort_of(data: pd.DataFrame, specification) -> np.ndarray:
    """Return the first treated period of each row's unit (rows,), infinite for never.

    From the column `cohort` (0 or missing = never), or from a 0/1 `treatment` that stays on.
    Raises NotIdentified where the cohort changes within a unit or the treatment switches off.
    """
    unit, time = specification.unit, specification.time
    if specification.cohort:
        cohort = data[specification.cohort].astype("float64").to_numpy()
        cohort = np.where(np.isnan(cohort) | (cohort <= 0), np.inf, cohort)
        codes = pd.factorize(data[unit])[0]
        first = np.zeros(codes.max() + 1)
        first[codes] = cohort
        if (changed := first[codes] != cohort).any():
            name = data[unit].iloc[int(np.argmax(changed))]
            raise NotIdentified("COHORT", f"unit {name} has more than one value of {specification.cohort}")
        return cohort
    treatment = data[specification.treatment].to_numpy(float)
    if not np.isin(treatment, [0, 1]).all():
        raise NotIdentified("DOSE", f"{specification.treatment} is not 0/1; cohorts need a treatment that is on or off")
    ordered = data.assign(_on=treatment).sort_values([unit, time], kind="stable")
    drops = ordered.groupby(unit, sort=False)["_on"].diff() < 0
    if drops.any():
        where = ordered.loc[drops].iloc[0]
        raise NotIdentified("SWITCH", f"treatment switches off in unit {where[unit]}, period {where[time]}; cohorts need one that stays on")
    first = data[time].where(treatment == 1).groupby(data[unit]).transform("min")
    return first.fillna(np.inf).to_numpy(float)


def cohort_panel(panel: pd.DataFrame, specification, *more: str) -> pd.DataFrame:
    """Return complete rows with columns unit, time, outcome, cohort (0 = never within the window), controls and `more`.

    The standard names keep libraries and formulas simple. Cohorts after the last period count as never treated.
    Raises NotIdentified when no unit is first treated inside the window.
    """
    names = [specification.unit, specification.time, specification.outcome, specification.treatment, *specification.controls]
    kept = [*names, *specification.cluster, specification.weights, *more]
    columns = list(dict.fromkeys(filter(None, kept)))
    extra = [specification.cohort] if specification.cohort else []
    data = complete_rows(
        panel[[*columns, *extra]].assign(**dict.fromkeys(extra, panel[extra[0]].fillna(0)) if extra else {}), columns + extra
    )
    cohort = cohort_of(data, specification)
    last, first = data[specification.time].max(), data[specification.time].min()
    cohort = np.where(cohort > last, 0, cohort)
    if not ((cohort > first) & (cohort > 0)).any():
        raise NotIdentified("SUPPORT", "no unit is first treated inside the observed periods")
    result = pd.DataFrame(
        {
            "unit": pd.factorize(data[specification.unit])[0],
            "time": data[specification.time].to_numpy(),
            "outcome": data[specification.outcome].to_numpy(float),
            "cohort": cohort.astype(np.int64),
        }
    )
    for name in dict.fromkeys([*specification.controls, *specification.cluster, *filter(None, [specification.weights, *more])]):
        result[name] = data[name].to_numpy()
    return result


def counts_of(data: pd.DataFrame, **more) -> dict:
    """Return n_obs, n_units, n_treated (first treated inside the window), and clusters where they are the units."""
    treated = data.loc[(data["cohort"] > data["time"].min()), "unit"].nunique()
    units = int(data["unit"].nunique())
    return {
        "n_obs": len(data),
        "n_units": units,
        "n_treated": int(treated),
        "n_clusters": units,
        "n_treated_clusters": int(treated),
        **more,
    }


def need_never(data: pd.DataFrame) -> None:
    if not (data["cohort"] == 0).any():
        raise NotIdentified("SUPPORT", "no unit is untreated throughout the observed periods")
