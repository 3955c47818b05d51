"""Times that differ by rounding only are the same time: 0.1 + 0.2 and 0.3 are one event time, not two.

Rounding splits ties at random, which changes risk sets and so estimates. The tolerance is that of R's survival
(`timefix`): the square root of the machine's precision, relative to the mean time; here relative to the time itself where
that is smaller, so that the short ones among durations of very different lengths stay apart.
"""

from __future__ import annotations

import numpy as np

PRECISION = np.finfo(float).eps
TOLERANCE = np.sqrt(PRECISION)


def joined(*times: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the arrays with times that agree to rounding set to the earliest of them, across all arrays."""
    distinct = np.unique(np.concatenate(times))
    size = np.abs(distinct)
    # Around zero what counts is the rounding of the sums that led there.
    width = np.maximum(TOLERANCE * np.minimum(size, size.mean()), 4 * PRECISION * size.max()) if len(size) else size
    apart = np.diff(distinct) > width[1:]
    if apart.all():
        return times
    run = np.r_[0, np.cumsum(apart)]
    first = np.searchsorted(run, run)
    # Very many distinct times can chain into a run longer than the tolerance; it is cut into pieces of that width.
    piece = np.floor((distinct - distinct[first]) / width[first]).astype(np.int64)
    new = np.r_[True, (np.diff(run) > 0) | (np.diff(piece) > 0)]
    earliest = distinct[new][np.cumsum(new) - 1]
    return tuple(earliest[np.searchsorted(distinct, part)] for part in times)
