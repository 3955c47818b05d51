"""Hazards of durations known by period (Prentice and Gloeckler 1978, Biometrics 34: 57-67), by statsmodels.

A binary regression over unit-periods: the complementary log-log link makes coefficients those of proportional hazards
in continuous time, which annual reports only show by year.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.estimators._durations import cluster_counts, counts_of, regressors_of, spells_of
from analysis.method import Method, Option

METHOD = Method(
    title="Discrete-time hazard",
    citation="Prentice and Gloeckler (1978), Biometrics 34: 57-67; Jenkins (1995), Oxford Bulletin 57: 129-138",
    library="statsmodels",
    needs=("duration", "event", "treatment|controls"),
    accepts=("unit", "entry", "cluster"),
    options={
        "link": Option("cloglog", "cloglog (proportional hazards) or logit (proportional odds)", ("cloglog", "logit")),
        "baseline": Option("dummies", "hazard by duration: a dummy a period, its logarithm, or a cubic", ("dummies", "log", "cubic")),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return a row a covariate; clustered by `cluster`, else by unit (or spell).

    `duration` is in whole periods; a spell contributes a row for each period from `entry` + 1 on. Covariates that
    change over time have one row a stretch. Raises NotIdentified when durations are not whole numbers.
    """
    options = METHOD.read(specification)
    data = spells_of(panel, specification)
    if (data["duration"] % 1 != 0).any() or (data["entry"] % 1 != 0).any():
        raise NotIdentified("SUPPORT", f"{specification.duration} must count whole periods; round up first, or use cox")
    data["event"] = (data["event"] == 1).astype(int)
    names = regressors_of(specification)
    length = (data["duration"] - data["entry"]).to_numpy(int)
    rows = np.repeat(np.arange(len(data)), length)
    period = np.arange(len(rows)) - np.repeat(np.cumsum(length) - length, length) + 1 + data["entry"].to_numpy(int)[rows]
    ended = (data["event"].to_numpy()[rows] == 1) & (period == data["duration"].to_numpy()[rows])
    design = data[names].astype(float).iloc[rows].reset_index(drop=True)
    keep, baseline = _baseline(period, ended, options.baseline)
    design = pd.concat([design, baseline], axis=1)[keep]
    if np.linalg.matrix_rank(design.to_numpy()) < design.shape[1]:
        raise NotIdentified("SINGULAR", f"the covariates are collinear: {', '.join(names)}")
    named = specification.cluster or ((specification.unit,) if specification.unit else ())
    groups = pd.factorize(data[named[0]])[0][rows][keep] if named else rows[keep]
    counts = counts_of(data, specification) | {"n_obs": int(keep.sum())}
    counts |= cluster_counts(data.iloc[rows[keep]], specification, groups)
    link = sm.families.links.CLogLog() if options.link == "cloglog" else sm.families.links.Logit()
    model = sm.GLM(ended[keep].astype(float), design, family=sm.families.Binomial(link))
    result = model.fit(cov_type="cluster", cov_kwds={"groups": groups}, maxiter=100)
    if not result.converged or not np.isfinite(result.bse[names]).all():
        raise NotIdentified("CONVERGENCE", "the likelihood did not converge: some covariate may separate the ends")
    return [parameter(n, result.params[n], result.bse[n], inference="cluster", library="statsmodels", **counts) for n in names]


def _baseline(period: np.ndarray, ended: np.ndarray, kind: str) -> tuple[np.ndarray, pd.DataFrame]:
    """Return which unit-periods are used and the baseline's columns; periods without any end have no finite dummy."""
    if kind == "log":
        return np.ones(len(period), bool), pd.DataFrame({"baseline_const": 1.0, "baseline_log": np.log(period)})
    if kind == "cubic":
        scaled = period / period.max()
        return np.ones(len(period), bool), pd.DataFrame({f"baseline_{p}": scaled**p for p in range(4)})
    with_end = np.unique(period[ended])
    return np.isin(period, with_end), pd.DataFrame({f"baseline_{t}": (period == t).astype(float) for t in with_end})
