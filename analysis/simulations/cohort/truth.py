"""SIMULATED. The true effects: averages over the treated firm-years themselves, from both potential outcomes."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd

from analysis.simulations.cohort.accounts import History

LAST_EVENT_TIME = 5


class Truth:
    """Sums over treated firm-years, added chunk by chunk."""

    def __init__(self, settings: dict) -> None:
        self.settings = settings
        self.sums = defaultdict(lambda: np.zeros(3))  # (quantity, event time) → sum of effects or of Y(1), sum of Y(0), cells

    def add(self, history: History, traits: pd.DataFrame, started: pd.DataFrame) -> None:
        """Add the treated firm-years of one chunk."""
        treated = history.treated
        since = (history.years - history.cohort[:, None])[treated]
        v, u, effect = history.values, history.untreated, history.effect
        ratio = 100 * np.divide(v["rd"], v["sales"]) - 100 * np.divide(u["rd"], u["sales"])
        self._mean("rd_to_sales", ratio[treated], since)
        spends = u["rd"][treated] > 0
        self._mean("log_rd", effect["rd"][treated][spends], since[spends])
        self._mean("log_sales", effect["sales"][treated], since)
        self._mean("log_rd_to_sales", (effect["rd"] - effect["sales"])[treated][spends], since[spends])
        for name in ("cost_of_debt", "debt_to_assets", "bank_loan_share", "direct_finance_share", "intangible_share"):
            self._mean(name, 100 * history.gain[name][treated], since)
        self._mean("log_q", effect["market_value"][treated], since)
        self._mean("disclosure_score", history.gain["disclosure_score"][treated], since)
        self._ratio("rd", u["rd"][treated], effect["rd"][treated], since)
        self._ratio("launches", u["launches"][treated], effect["launches"][treated], since)
        self._ratio("licence_income", u["licence_income"][treated], effect["licence_total"][treated], since)
        green = treated & traits["new_energy"].to_numpy()[:, None]
        since = (history.years - history.cohort[:, None])[green]
        self._ratio("green_investment", u["green_investment"][green], effect["green_investment"][green], since)
        self._margin(history, green, since)

    def _margin(self, history: History, green: np.ndarray, since: np.ndarray) -> None:
        about, tau = self.settings["green"], history.effect["green_investment"][green]
        invests = history.untreated["green_investment"][green] > 0
        chance = np.minimum(about["yearly"] * np.exp(about["extensive"] * tau), 1.0) - about["yearly"]
        self._mean("green_any", 100 * invests * chance, since)

    def _mean(self, name: str, effects: np.ndarray, since: np.ndarray) -> None:
        self._sum(name, effects, np.zeros_like(effects), since)

    def _ratio(self, name: str, untreated: np.ndarray, log_effect: np.ndarray, since: np.ndarray) -> None:
        self._sum(f"{name} (ratio)", untreated * np.exp(log_effect), untreated, since)

    def _sum(self, name: str, first: np.ndarray, second: np.ndarray, since: np.ndarray) -> None:
        self.sums[name, -1] += (first.sum(), second.sum(), len(first))
        for event_time in range(LAST_EVENT_TIME + 1):
            at = since == event_time
            self.sums[name, event_time] += (first[at].sum(), second[at].sum(), at.sum())

    def table(self) -> pd.DataFrame:
        """Return quantity, at ('overall' or years since the first issue), value and cells; ratios are in logarithms."""
        scale = self.settings["presets"][self.settings["preset"]]
        rows = []
        for (name, event_time), (first, second, cells) in self.sums.items():
            ratio = name.endswith(" (ratio)")
            with np.errstate(divide="ignore", invalid="ignore"):
                value = np.log(first / second) if ratio else first / cells
            at = "overall" if event_time < 0 else str(event_time)
            rows.append({"quantity": name.removesuffix(" (ratio)"), "at": at, "value": value, "cells": int(cells)})
        parameters = {name: scale * self.settings["effects"][name]["size"] for name in ("cycle", "reissue")}
        # The pool works in s.d. of its level across firms; per log point it is this.
        parameters["reissue"] /= self.settings["innovation"]["log_patents"][1]
        parameters["licence_rd_elasticity"] = self.settings["licence"]["rd_elasticity"]
        rows += [{"quantity": name, "at": "overall", "value": value, "cells": 0} for name, value in parameters.items()]
        return pd.DataFrame(rows).assign(preset=self.settings["preset"])
