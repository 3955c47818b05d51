"""Do within residuals move together across units, or follow themselves over time?

Pesaran's test of cross-section dependence (2004, IZA 1240; 2021, Empirical Economics 60: 13-50) and Wooldridge's test
of serial correlation of within residuals (2010, Econometric Analysis of Cross Section and Panel Data, section 10.5.4).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.core.estimates import NotIdentified, parameter, parted, refused
from analysis.core.method import Method
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._regression import columns_of, complete_rows, counts_of, design_of, regressors_of
from analysis.inference.cluster import cluster_sums
from analysis.inference.least_squares import fit

METHOD = Method(
    title="Cross-section dependence and serial correlation of within residuals",
    citation="Pesaran (2021), Empirical Economics 60: 13-50; Wooldridge (2010), section 10.5.4",
    library="analysis",
    needs=("outcome", "unit", "time", "treatment|controls"),
)

ROUNDING = 1e-10  # residuals of a unit, as a share of all units' own


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'pesaran_cd' (standard normal without dependence) and 'wooldridge_serial' (F of residual autocorrelation).

    Residuals that are rounding errors are refused. The model has unit effects, which the second test's null of -1/(T-1) rests on. Pairs of units count with the periods that both have.
    """
    METHOD.read(specification)
    effects = (specification.unit,)
    data = complete_rows(panel, columns_of(specification, effects)).sort_values([specification.unit, specification.time], kind="stable")
    data = data.reset_index(drop=True)
    names = regressors_of(specification)
    result = fit(design_of(data, specification, data[names], effects, "unadjusted"), "unadjusted")
    if result.notes[0]:
        raise NotIdentified(*parted(result.notes[0]))
    # In units of their own size; a unit whose residuals are rounding errors of zero follows nothing.
    e = result.residuals / np.sqrt(np.mean(result.residuals**2))
    e = np.where(pd.Series(np.abs(e)).groupby(data[specification.unit]).transform("max") > ROUNDING, e, 0.0)
    residuals = pd.DataFrame({"unit": data[specification.unit], "time": data[specification.time], "e": e})
    counts = counts_of(data, specification)
    return [_cross_section(residuals, counts), _serial(residuals, counts)]


def _cross_section(residuals: pd.DataFrame, counts: dict) -> dict:
    wide = residuals.pivot(index="time", columns="unit", values="e").to_numpy()
    seen = np.isfinite(wide)
    common = seen.astype(float).T @ seen
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = pd.DataFrame(wide).corr(min_periods=3).to_numpy()
    pairs = np.triu_indices(len(common), 1)
    used = np.isfinite(correlation[pairs])
    if not used.any():
        raise NotIdentified("SUPPORT", "no two units share three periods in which the residuals of both vary")
    statistic = float(np.sum(np.sqrt(common[pairs][used]) * correlation[pairs][used]) / np.sqrt(used.sum()))
    return parameter("pesaran_cd", statistic, inference="normal", p_value=float(2 * stats.norm.sf(abs(statistic))), **counts)


def _serial(residuals: pd.DataFrame, counts: dict) -> dict:
    lagged = residuals.groupby("unit")["e"].shift(1)
    follows = residuals.groupby("unit")["time"].diff() == 1
    pairs = residuals.assign(lag=lagged)[follows & lagged.notna()]
    if len(pairs) < 5 or np.ptp(pairs["lag"]) == 0:
        return refused("wooldridge_serial", "SUPPORT", "too few consecutive periods", "wald")
    x = np.column_stack([np.ones(len(pairs)), pairs["lag"]])
    bread = np.linalg.inv(x.T @ x)
    slope = bread @ x.T @ pairs["e"].to_numpy()
    sums = cluster_sums(x * (pairs["e"].to_numpy() - x @ slope)[:, None], pd.factorize(pairs["unit"])[0])
    variance = (bread @ (sums.T @ sums) @ bread)[1, 1]
    # Without serial correlation of the errors, within residuals still correlate by -1 / (T - 1).
    periods = residuals.groupby("unit").size().mean()
    statistic = float((slope[1] + 1 / (periods - 1)) ** 2 / variance)
    p_value = float(stats.f(1, len(pairs) - 2).sf(statistic))
    return parameter("wooldridge_serial", statistic, inference="wald", p_value=p_value, **counts)
