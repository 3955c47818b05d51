"""Synthetic control (Abadie, Diamond and Hainmueller 2010, JASA 105: 493-505), matched on outcomes before treatment.

Weights on controls are non-negative and add to one; with several treated units of one date their mean is matched.
Inference: the treatment is given to each control in turn, and ratios of mean squared gaps after to before treatment
are ranked (their section 3.4).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.estimators._blocks import blocks_of
from analysis.estimators._cohorts import counts_of
from analysis.method import Method

METHOD = Method(
    title="Synthetic control",
    citation="Abadie, Diamond and Hainmueller (2010), JASA 105: 493-505",
    library="analysis (weights by scipy)",
    needs=("outcome", "unit", "time", "cohort|treatment"),
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'att' (mean gap after treatment, p-value by placebo rank), 'event' gaps, and 'rmspe_before', the fit.

    Raises NotIdentified with several adoption dates, or a panel with holes.
    """
    METHOD.read(specification)
    blocks, data = blocks_of(panel, specification)
    dates = np.unique(blocks.cohort[np.isfinite(blocks.cohort)])
    if len(dates) > 1:
        raise NotIdentified("COHORT", f"{len(dates)} adoption dates; a synthetic control has one (synthetic_did averages several)")
    counts = counts_of(data)
    before = blocks.periods < dates[0]
    controls = blocks.outcome[:, np.isinf(blocks.cohort)]
    gap = gap_of(controls, blocks.outcome[:, np.isfinite(blocks.cohort)].mean(1), before)
    ratio = rmspe_ratio(gap, before)
    placebos = [rmspe_ratio(gap_of(np.delete(controls, j, axis=1), controls[:, j], before), before) for j in range(controls.shape[1])]
    p_value = (1 + sum(r >= ratio for r in placebos)) / (1 + len(placebos))
    rows = [parameter("att", gap[~before].mean(), inference="placebo", p_value=p_value, draws=len(placebos), **counts)]
    fit = float(np.sqrt(np.mean(gap[before] ** 2)))
    rows.append(parameter("rmspe_before", fit, inference="none", **counts))
    for period, value in zip(blocks.periods, gap, strict=True):
        rows.append(parameter("event", value, inference="none", event_time=int(period - dates[0]), **counts))
    return rows


def gap_of(controls: np.ndarray, treated: np.ndarray, before: np.ndarray) -> np.ndarray:
    return treated - controls @ weights(controls[before], treated[before])


def weights(controls: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Return the weights (controls,) on the simplex whose combination of `controls` (periods, controls) is nearest to `treated`."""
    scale = np.abs(controls).max() or 1.0
    # The sum of one as a heavy extra row: exact to rounding after the final scaling.
    heavy = 1e4 * np.sqrt(len(treated))
    found = nnls(
        np.vstack([controls / scale, np.full(controls.shape[1], heavy)]), np.append(treated / scale, heavy), maxiter=50 * controls.shape[1]
    )[0]
    return found / found.sum()


def rmspe_ratio(gap: np.ndarray, before: np.ndarray) -> float:
    return float(np.mean(gap[~before] ** 2) / max(np.mean(gap[before] ** 2), 1e-300))
