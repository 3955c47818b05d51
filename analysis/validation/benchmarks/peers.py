"""One estimate of another package from a Parquet file, the columns it uses alone: `... peers TASK IMPLEMENTATION FILE` prints the number."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd


def _coded(data: pd.DataFrame) -> pd.DataFrame:
    """Return the panel with codes for names, which these packages want or work out."""
    return data.assign(firm=pd.factorize(data["firm"])[0])


def _feols(data: pd.DataFrame) -> Any:
    import pyfixest

    return pyfixest.feols("y ~ d | firm + time", _coded(data), vcov={"CRV1": "firm"}, copy_data=False).coef()["d"]


def _fepois(data: pd.DataFrame) -> Any:
    import pyfixest

    return pyfixest.fepois("count ~ d | firm + time", _coded(data), vcov={"CRV1": "firm"}, copy_data=False).coef()["d"]


def _event_study(data: pd.DataFrame) -> Any:
    import pyfixest

    event = np.where(data["cohort"] > 0, data["time"] - data["cohort"], -1)
    coefficients = pyfixest.feols(
        "y ~ i(event, ref=-1) | firm + time", _coded(data).assign(event=event), vcov={"CRV1": "firm"}, copy_data=False
    ).coef()
    return coefficients[[name for name in coefficients.index if "::-" not in name]].mean()


def _panel_ols(data: pd.DataFrame) -> Any:
    from linearmodels.panel import PanelOLS

    indexed = _coded(data).set_index(["firm", "time"])
    model = PanelOLS(indexed["y"], indexed[["d"]], entity_effects=True, time_effects=True)
    return model.fit(cov_type="clustered", cluster_entity=True).params["d"]


def _group_time(data: pd.DataFrame) -> Any:
    from diff_diff import CallawaySantAnna

    return CallawaySantAnna().fit(_coded(data), "y", "firm", "time", "cohort", aggregate="event_study").overall_att


def _sun_abraham(data: pd.DataFrame) -> Any:
    from diff_diff import SunAbraham

    return SunAbraham().fit(_coded(data), "y", "firm", "time", "cohort").overall_att


# Task and implementation → the estimate, and the columns beside firm and time that it uses.
PEERS: dict[tuple[str, str], tuple[Callable, list[str]]] = {
    ("Two-way fixed effects", "pyfixest"): (_feols, ["y", "d"]),
    ("Two-way fixed effects", "linearmodels"): (_panel_ols, ["y", "d"]),
    ("Event study, two-way", "pyfixest"): (_event_study, ["y", "cohort"]),
    ("Callaway-Sant'Anna", "diff-diff"): (_group_time, ["y", "cohort"]),
    ("Sun-Abraham", "diff-diff"): (_sun_abraham, ["y", "cohort"]),
    ("Poisson, two-way", "pyfixest"): (_fepois, ["count", "d"]),
}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    run, columns = PEERS[sys.argv[1], sys.argv[2]]
    print(json.dumps(float(run(pd.read_parquet(sys.argv[3], columns=["firm", "time", *columns])))))
