"""Cox's partial likelihood with late entry, strata and tied durations, its score residuals and its proportionality test.

Ties by Efron (1977, JASA 72: 557-565). Libraries either lack cluster-robust errors for spells that enter late or are
wrong when an entry equals another's event time; the residuals here reproduce R's survival (Therneau and Grambsch 2000,
Modeling Survival Data, sections 4.6 and 7.1). A spell is at risk in (entry, stop].
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.inference.distributions import chi2_tail

ITERATIONS = 50


@dataclass(frozen=True)
class Spells:
    """`entry`, `stop` (rows,), `event` (rows,) 0/1, `x` (rows, k), `strata` (rows,) codes."""

    entry: np.ndarray
    stop: np.ndarray
    event: np.ndarray
    x: np.ndarray
    strata: np.ndarray


class RiskSets:
    """Sums over risk sets at one value of the coefficients, for each distinct event time of each stratum."""

    def __init__(self, spells: Spells, beta: np.ndarray):
        self.spells, self.beta = spells, beta
        index = spells.x @ beta
        self.shift = index.max() if len(index) else 0.0
        self.risk = np.exp(index - self.shift)
        self.parts = [self._stratum(np.flatnonzero(spells.strata == s)) for s in np.unique(spells.strata)]

    def _stratum(self, rows: np.ndarray) -> dict:
        s = self.spells
        entry, stop, event, x, risk = s.entry[rows], s.stop[rows], s.event[rows].astype(bool), s.x[rows], self.risk[rows]
        times, which = np.unique(stop[event], return_inverse=True)
        k = x.shape[1]
        moments = np.column_stack([risk, risk[:, None] * x, (risk[:, None, None] * x[:, :, None] * x[:, None, :]).reshape(len(x), k * k)])

        def from_time(when: np.ndarray) -> np.ndarray:
            """Return sums over rows whose `when` is at or after each event time."""
            order = np.argsort(-when, kind="stable")
            total = np.vstack([np.zeros(moments.shape[1]), np.cumsum(moments[order], axis=0)])
            return total[np.searchsorted(-when[order], -times, side="right")]

        # At risk at t: stop >= t, less those who enter at t or later.
        at_risk = from_time(stop) - from_time(entry)
        dying = np.zeros((len(times), moments.shape[1]))
        np.add.at(dying, which, moments[event])
        deaths = np.bincount(which, minlength=len(times))
        return {"rows": rows, "times": times, "at_risk": at_risk, "dying": dying, "deaths": deaths, "which": which, "event": event}

    @cached_property
    def steps(self) -> list[dict]:
        """Efron's successive risk sets, one a death: the share taken off, the size, the mean and the covariance of x."""
        k = len(self.beta)
        found = []
        for part in self.parts:
            owner = np.repeat(np.arange(len(part["times"])), part["deaths"])
            first = np.repeat(np.cumsum(part["deaths"]) - part["deaths"], part["deaths"])
            share = (np.arange(len(owner)) - first) / part["deaths"][owner]
            total = part["at_risk"][owner] - share[:, None] * part["dying"][owner]
            size, mean = total[:, 0], total[:, 1 : k + 1] / total[:, [0]]
            second = total[:, k + 1 :].reshape(-1, k, k) / size[:, None, None]
            spread = second - mean[:, :, None] * mean[:, None, :]
            found.append({"owner": owner, "share": share, "size": size, "mean": mean, "spread": spread})
        return found

    @property
    def loglik(self) -> float:
        dead = self.spells.event.astype(bool)
        index = float((self.spells.x[dead] @ self.beta - self.shift).sum())
        return index - sum(float(np.log(step["size"]).sum()) for step in self.steps)

    @property
    def score(self) -> np.ndarray:
        return self.spells.x[self.spells.event.astype(bool)].sum(0) - sum(step["mean"].sum(0) for step in self.steps)

    @property
    def information(self) -> np.ndarray:
        return sum(step["spread"].sum(0) for step in self.steps)

    def score_residuals(self) -> np.ndarray:
        """Return each row's contribution to the score (rows, k); they add to zero at the maximum."""
        x, residuals = self.spells.x, np.zeros_like(self.spells.x)
        for part, step in zip(self.parts, self.steps, strict=True):
            rows, times, owner = part["rows"], part["times"], step["owner"]
            hazard = np.bincount(owner, 1 / step["size"], len(times))
            drift = np.column_stack([np.bincount(owner, m / step["size"], len(times)) for m in step["mean"].T])
            taken = np.bincount(owner, step["share"] / step["size"], len(times))
            drift_taken = np.column_stack([np.bincount(owner, step["share"] * m / step["size"], len(times)) for m in step["mean"].T])
            until = np.searchsorted(times, self.spells.stop[rows], side="right")
            since = np.searchsorted(times, self.spells.entry[rows], side="right")
            exposure = np.r_[0, np.cumsum(hazard)][until] - np.r_[0, np.cumsum(hazard)][since]
            path = np.vstack([np.zeros(x.shape[1]), np.cumsum(drift, axis=0)])
            residuals[rows] = -self.risk[rows, None] * (x[rows] * exposure[:, None] - (path[until] - path[since]))
            # Those who die leave Efron's successive risk sets step by step.
            dead, at = rows[part["event"]], part["which"]
            mean = np.column_stack([np.bincount(owner, m, len(times)) for m in step["mean"].T]) / part["deaths"][:, None]
            residuals[dead] += x[dead] - mean[at] + self.risk[dead, None] * (x[dead] * taken[at][:, None] - drift_taken[at])
        return residuals

    def proportionality(self, transform: np.ndarray | None = None) -> tuple[np.ndarray, float]:
        """Return score statistics of each coefficient's interaction with time (k,), and the joint one (chi-squared, k degrees).

        Time enters as one less the Kaplan-Meier survival left of each event, pooled over strata, as in R's cox.zph.
        """
        k = len(self.beta)
        gradient, cross, square = np.zeros(k), np.zeros((k, k)), np.zeros((k, k))
        for part, step in zip(self.parts, self.steps, strict=True):
            time = self._clock(part["times"])
            own = np.zeros((len(part["times"]), k))
            np.add.at(own, part["which"], self.spells.x[part["rows"][part["event"]]])
            gradient += time @ own - time[step["owner"]] @ step["mean"]
            cross += np.einsum("s,sij->ij", time[step["owner"]], step["spread"])
            square += np.einsum("s,sij->ij", time[step["owner"]] ** 2, step["spread"])
        information = self.information
        adjusted = square - cross @ np.linalg.solve(information, cross)
        joint = float(gradient @ np.linalg.solve(adjusted, gradient))
        single = np.empty(k)
        for j in range(k):
            # One interaction added to the model with all main effects.
            single[j] = gradient[j] ** 2 / (square[j, j] - cross[j] @ np.linalg.solve(information, cross[j]))
        return single, joint

    def _clock(self, times: np.ndarray) -> np.ndarray:
        s = self.spells
        events = np.unique(s.stop[s.event.astype(bool)])
        deaths = np.array([((s.stop == t) & (s.event == 1)).sum() for t in events])
        at_risk = np.searchsorted(np.sort(-s.stop), -events, side="right") - np.searchsorted(np.sort(-s.entry), -events, side="right")
        survival = np.r_[1.0, np.cumprod(1 - deaths / at_risk)[:-1]]
        return (1 - survival)[np.searchsorted(events, times)] - (1 - survival) @ deaths / deaths.sum()


def maximise(spells: Spells) -> RiskSets:
    """Return the risk sets at the maximum, by Newton steps halved until the likelihood rises; ValueError when there is none."""
    beta = np.zeros(spells.x.shape[1])
    current = RiskSets(spells, beta)
    at_zero = np.diag(current.information)
    for _ in range(ITERATIONS):
        step = np.linalg.solve(current.information, current.score)
        for halving in range(20):
            candidate = RiskSets(spells, beta + step / 2**halving)
            if candidate.loglik >= current.loglik - 1e-12:
                break
        gain, beta, current = candidate.loglik - current.loglik, candidate.beta, candidate
        # The information vanishes on the way to infinity.
        if (np.diag(current.information) < 1e-8 * at_zero).any():
            break
        if np.abs(step).max() < 1e-10 or (abs(gain) < 1e-13 and np.abs(current.score).max() < 1e-8):
            return current
    raise ValueError("the partial likelihood has no maximum: some covariate separates those who end from those who do not")


def chi_squared(statistic: float, degrees: int) -> float:
    return chi2_tail(statistic, degrees)
