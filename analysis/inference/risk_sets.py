"""Sums over risk sets, and sums over the time that a spell is at risk, by sorting: linear in the number of spells.

Both directions are one matrix (spells by event times) and its transpose, which is never made.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


class RiskSets:
    """Who is at risk at each distinct event time of each stratum; a spell is at risk in (entry, stop].

    `times` and `stratum` (events,) are in order of stratum and time; `dead` are the rows that end, `which` the position of
    their event time, and `deaths` (events,) their number.
    """

    def __init__(self, entry: np.ndarray, stop: np.ndarray, event: np.ndarray, strata: np.ndarray) -> None:
        codes = np.unique(strata, return_inverse=True)[1].ravel()
        self.codes, self.dead = codes, np.flatnonzero(event)
        clock, rank = np.unique(stop[self.dead], return_inverse=True)
        keys, self.which, self.deaths = np.unique(
            codes[self.dead] * (len(clock) + 1) + rank.ravel() + 1, return_inverse=True, return_counts=True
        )
        self.which = self.which.ravel()
        self.stratum, place = np.divmod(keys, len(clock) + 1)
        self.times = clock[place - 1]
        # Event times at or before a moment, over all strata up to the spell's own.
        own = codes * (len(clock) + 1)
        until = np.searchsorted(keys, own + np.searchsorted(clock, stop, side="right"), side="right")
        since = np.searchsorted(keys, own + np.searchsorted(clock, entry, side="right"), side="right")
        self.first = np.searchsorted(self.stratum, np.arange(codes.max() + 2))
        self.until, self.since = until, since
        self._seen = np.flatnonzero(until > since)
        self._late = self._seen[since[self._seen] > self.first[codes[self._seen]]]

    def highest(self, values: np.ndarray) -> np.ndarray:
        """Return the largest of `values` (rows,) in each row's stratum (rows,), or a single number where there is one stratum."""
        if len(self.first) == 2:
            return values.max()
        top = np.full(len(self.first) - 1, -np.inf)
        np.maximum.at(top, self.codes, values)
        return top[self.codes]

    def gather(self, values: np.ndarray) -> np.ndarray:
        """Return sums of `values` (rows, m) over each risk set (events, m)."""
        found = self._at_or_after(self.until[self._seen] - 1, values[self._seen])
        return found - self._at_or_after(self.since[self._late] - 1, values[self._late]) if len(self._late) else found

    def spread(self, increments: np.ndarray) -> np.ndarray:
        """Return sums of `increments` (events, m) over the event times at which each row is at risk (rows, m)."""
        path = np.empty_like(increments)
        for low, high in zip(self.first[:-1], self.first[1:], strict=True):
            np.cumsum(increments[low:high], axis=0, out=path[low:high])
        found = np.zeros((len(self.codes), increments.shape[1]))
        found[self._seen] = path[self.until[self._seen] - 1]
        found[self._late] -= path[self.since[self._late] - 1]
        return found

    def _at_or_after(self, position: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return sums of `values` (rows, m) whose `position` is at or after each event time, within its stratum."""
        total = np.column_stack([np.bincount(position, column, len(self.times)) for column in values.T])
        # From the last time on, stratum by stratum: small sums are never differences of large ones.
        for low, high in zip(self.first[:-1], self.first[1:], strict=True):
            total[low:high] = np.cumsum(total[low:high][::-1], axis=0)[::-1]
        return total

    def by_time(self, values: np.ndarray) -> np.ndarray:
        """Return sums of `values` (deaths, m) over those who end at each time (events, m)."""
        return np.column_stack([np.bincount(self.which, column, len(self.times)) for column in values.T])


class SubdistributionRiskSets(RiskSets):
    """Risk sets of Fine and Gray (1999): who ended in another way stays, with the chance of not yet having been censored.

    `other` (rows,) marks such ends; `kept` is the chance just before a row's own stop (rows,), `kept_at` just before each
    event time (events,). One stratum, no late entry.
    """

    def __init__(self, stop: np.ndarray, event: np.ndarray, other: np.ndarray, kept: Callable[[np.ndarray], np.ndarray]) -> None:
        super().__init__(np.full(len(stop), -np.inf), stop, event, np.zeros(len(stop), int))
        self.other = np.flatnonzero(other)
        self.kept, self.kept_at = kept(stop[self.other]), kept(self.times)

    def gather(self, values: np.ndarray) -> np.ndarray:
        after = self.until[self.other]
        weighed = values[self.other] / self.kept[:, None]
        total = np.column_stack([np.bincount(after, column, len(self.times) + 1)[:-1] for column in weighed.T])
        return super().gather(values) + self.kept_at[:, None] * np.cumsum(total, axis=0)

    def spread(self, increments: np.ndarray) -> np.ndarray:
        found = super().spread(increments)
        rest = np.cumsum((increments * self.kept_at[:, None])[::-1], axis=0)[::-1]
        rest = np.vstack([rest, np.zeros(increments.shape[1])])
        found[self.other] += rest[self.until[self.other]] / self.kept[:, None]
        return found
