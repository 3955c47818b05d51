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

    pwp_gap restarts the clock after each event; pwp_total keeps it.
    """
    options = METHOD.read(specification)
    spells = spells_of(panel, specification).sort_values([specification.unit, "duration"], kind="stable").reset_index(drop=True)
    number = spells.groupby(specification.unit)["event"].cumsum() - spells["event"] + 1
    if options.model == "andersen_gill":
        return _clustered(spells, specification, None)
    if options.model == "pwp_gap":
        # The clock restarts at each event; rows between two events (changing covariates) keep running.
        start = spells["entry"].where(spells.groupby(specification.unit)["event"].shift(1, fill_value=1) > 0)
        origin = start.groupby(spells[specification.unit]).ffill()
        gaps = spells.assign(duration=spells["duration"] - origin, entry=spells["entry"] - origin)
        spells = with_ties(gaps, specification)  # 0.3 - 0.2 and 0.1 are one gap
    return _clustered(spells, specification, number.clip(upper=options.last_stratum).to_numpy())


def _clustered(spells: pd.DataFrame, specification: Specification, strata: np.ndarray | None) -> list[dict]:
    return cox.fit(spells, replace(specification, cluster=specification.cluster or (specification.unit,)), "default", strata)
