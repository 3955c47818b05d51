"""Synthetic control (Abadie, Diamond and Hainmueller 2010, JASA 105: 493-505), matched on outcomes before treatment.

Weights on controls are non-negative and add to one; with several treated units of one date their mean is matched.
Inference: the treatment is given to each control in turn, and ratios of mean squared gaps after to before treatment
are ranked (their section 3.4). Where many weights fit as well, as with more controls than periods they may, the option
`penalty` chooses, and the effect's range over all of them is reported.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified, noted, parameter, parted, refused
from analysis.core.method import Method
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._blocks import blocks_of
from analysis.estimators._synthetic import PENALTY, Synthetic, placebo_rank, reason_of, synthetic

METHOD = Method(
    title="Synthetic control",
    citation="Abadie, Diamond and Hainmueller (2010), JASA 105: 493-505",
    library="analysis (weights by scipy)",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    options={"penalty": PENALTY},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'att' (mean gap after treatment, p-value by placebo rank), 'rmspe_before', the fit, and 'event' gaps.

    Where the weights are not unique 'att_lowest' and 'att_highest' are the range of 'att' over all that fit as well, and the
    reason says which are shown (penalty=none: none). An exact fit has no p-value.
    Raises NotIdentified with several adoption dates, or a panel with holes.
    """
    options = METHOD.read(specification)
    blocks = blocks_of(panel, specification)
    dates = np.unique(blocks.cohort[np.isfinite(blocks.cohort)])
    if len(dates) > 1:
        raise NotIdentified("COHORT", f"{len(dates)} adoption dates; a synthetic control has one (synthetic_did averages several)")
    before = blocks.periods < dates[0]
    controls = blocks.outcome[:, np.isinf(blocks.cohort)]
    found = synthetic(controls, blocks.outcome[:, np.isfinite(blocks.cohort)].mean(1), before, options.penalty)
    rank = {} if found.fit.exact else placebo_rank(controls, found.ratio, before, options.penalty)
    return _rows(found, before, blocks.periods - dates[0], rank, options.penalty, blocks.counts)


def _rows(found: Synthetic, before: np.ndarray, event_time: np.ndarray, rank: dict, penalty: str, counts: dict) -> list[dict]:
    reason = reason_of(found, before, penalty)
    ends = [
        parameter(term, value, inference="none", **counts)
        for term, value in zip(("att_lowest", "att_highest"), found.span, strict=True)
        if not found.fit.unique
    ]
    if ends and penalty == "none":
        return [refused("att", *parted(reason)), *ends]
    more = noted(reason) | ({"inference": "placebo", **rank} if rank else {"inference": "none"})
    fit = float(np.sqrt(np.mean(found.gap[before] ** 2)))
    rows = [
        parameter("att", found.gap[~before].mean(), **more, **counts),
        *ends,
        parameter("rmspe_before", fit, inference="none", **counts),
    ]
    steps = zip(event_time, found.gap, strict=True)
    return rows + [parameter("event", value, inference="none", event_time=int(e), **counts) for e, value in steps]
