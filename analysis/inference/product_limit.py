"""Counts at each event time, and the product-limit curve from them (Kaplan and Meier 1958, JASA 53: 457-481)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Curve:
    """At each distinct event time (times,): ends, numbers at risk in (entry, stop], and survival just after it."""

    times: np.ndarray
    ends: np.ndarray
    at_risk: np.ndarray
    survival: np.ndarray

    def at(self, when: np.ndarray | float) -> np.ndarray | float:
        """Return survival at `when`, ends at that moment included."""
        return np.r_[1.0, self.survival][np.searchsorted(self.times, when, side="right")]

    def before(self, when: np.ndarray | float) -> np.ndarray | float:
        """Return survival just before `when`."""
        return np.r_[1.0, self.survival][np.searchsorted(self.times, when, side="left")]

    @property
    def greenwood(self) -> np.ndarray:
        """Return the sums of d / (n (n - d)) up to each time (times,); infinite from where everyone at risk has ended."""
        with np.errstate(divide="ignore"):
            return np.cumsum(self.ends / (self.at_risk * (self.at_risk - self.ends)))

    @property
    def emptied(self) -> float:
        """Return the time from which the curve is zero because everyone at risk ended; infinite when there is none."""
        none_left = np.flatnonzero(self.ends == self.at_risk)
        return float(self.times[none_left[0]]) if len(none_left) else np.inf


def curve(stop: np.ndarray, ended: np.ndarray, entry: np.ndarray | None = None) -> Curve:
    """Return the curve of spells (rows,) that end (`ended`, boolean) or are censored at `stop`."""
    times, ends = np.unique(stop[ended], return_counts=True)
    at_risk = number_at_risk(times, stop, entry)
    return Curve(times, ends, at_risk, np.cumprod(1 - ends / at_risk))


def number_at_risk(times: np.ndarray, stop: np.ndarray, entry: np.ndarray | None = None) -> np.ndarray:
    """Return how many spells lie in (entry, stop] at each of `times`."""
    still = len(stop) - np.searchsorted(np.sort(stop), times, side="left")
    if entry is None:
        return still
    return still - (len(entry) - np.searchsorted(np.sort(entry), times, side="left"))
