"""Events that repeat: Andersen and Gill (1982, Annals of Statistics 10: 1100-1120); Prentice, Williams and Peterson (1981, Biometrika 68: 373-379)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators import cox
from analysis.estimators._durations import spells_of, with_ties
from analysis.estimators._left_out import joined

METHOD = Method(
    title="Recurrent events",
    citation="Andersen and Gill (1982), Annals of Statistics 10: 1100-1120; Prentice, Williams and Peterson (1981), Biometrika 68: 373-379",
    library="analysis",
    ends_recur=True,
    needs=("unit", "duration", "event", "entry", "treatment|controls"),
    accepts=("cluster",),
    options={
        "model": Option(
            "andersen_gill",
            "andersen_gill; pwp_total or pwp_gap, stratified by the number of the event",
            ("andersen_gill", "pwp_total", "pwp_gap"),
        ),
        "last_stratum": Option(
            4, "events from this number on share a stratum (PWP)", minimum=1, beside=("model=pwp_total", "model=pwp_gap")
        ),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return log hazard ratios clustered by unit; spells of a unit run from `entry` to `duration`.

    pwp_gap restarts the clock after each event; pwp_total keeps it. Events are numbered in the whole history of a unit, also
    by rows without a covariate; after a row that does not say when it begins, ends or whether with an event, none can be.
    """
    options = METHOD.read(specification)
    by_number = options.model != "andersen_gill"
    more = ("_number", "_origin") if by_number else ()
    spells = spells_of(_numbered(panel, specification) if by_number else panel, specification, more=more)
    spells = spells.sort_values([specification.unit, "duration"], kind="stable").reset_index(drop=True)
    if not by_number:
        return _clustered(spells, specification, None)
    if options.model == "pwp_gap":
        gaps = spells.assign(duration=spells["duration"] - spells["_origin"], entry=spells["entry"] - spells["_origin"])
        spells = with_ties(gaps, specification)  # 0.3 - 0.2 and 0.1 are one gap
    rows = _clustered(spells, specification, spells["_number"].clip(upper=options.last_stratum).to_numpy(int))
    lost = len(spells_of(panel, specification)) - len(spells)
    why = f"{lost} rows after one of the unit that lacks its times or its event, so that the number of the event is unknown"
    return [row | {"left_out": joined(row.get("left_out", ""), why)} for row in rows] if lost else rows


def _numbered(panel: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Return the panel with the number of the event that each row runs up to, `_number`, and when its clock began, `_origin`.

    Both are missing in rows without a unit, times or event, and in all later ones of the unit.
    """
    unit, named = specification.unit, [specification.entry, specification.duration, specification.event]
    times = panel[[unit, *named]].dropna(subset=[unit])
    times = times.assign(_when=times[specification.duration].fillna(times[specification.entry]))
    times = times.sort_values([unit, "_when"], kind="stable", na_position="first")
    broken = times[named].isna().any(axis=1).groupby(times[unit]).cumsum() > 0
    event = (times[specification.event].fillna(0) > 0).astype(int)
    before = event.groupby(times[unit]).shift(1, fill_value=1)
    number = (event.groupby(times[unit]).cumsum() - event + 1).mask(broken)
    # The clock restarts at each event; rows between two events (changing covariates) keep running.
    origin = times[specification.entry].where(before > 0).groupby(times[unit]).ffill().mask(broken)
    return panel.assign(_number=number, _origin=origin)


def _clustered(spells: pd.DataFrame, specification: Specification, strata: np.ndarray | None) -> list[dict]:
    return cox.fit(spells, replace(specification, cluster=specification.cluster or (specification.unit,)), "default", strata)
