"""SIMULATED. Cities that open to IP securitization on the register's dates, and the fixed traits of firms in them."""

from __future__ import annotations

import numpy as np
import pandas as pd


def cities_of(calendar: pd.DataFrame, provinces: pd.DataFrame, settings: dict, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row per city: city, province, region, `opens` (year; 9999 = never) and `weight` (sum 1).

    `calendar` is the register of first issues by city (city, province, date), `provinces` has province and region.
    A date from July on, or known to the year only, opens the city in the year after.
    """
    dates = calendar["date"].astype("string")
    late = dates.str.len().eq(4) | (dates.str.slice(5, 7).fillna("12") >= "07")
    opened = pd.DataFrame(
        {"city": calendar["city"], "province": calendar["province"], "opens": dates.str.slice(0, 4).astype(int) + late.astype(int)}
    )
    n_closed = settings["never_open"]
    home = rng.choice(provinces["province"].to_numpy(), size=n_closed)
    closed = pd.DataFrame({"city": [f"City {i + 1:02d}" for i in range(n_closed)], "province": home, "opens": 9999})
    cities = pd.concat([opened, closed], ignore_index=True).merge(provinces[["province", "region"]], on="province", how="left")
    rank = np.r_[np.arange(1, len(opened) + 1), rng.permutation(np.arange(1, n_closed + 1))]
    weight = rank ** -float(settings["zipf"]) * np.where(cities["opens"] < 9999, settings["open_weight"], 1.0)
    return cities.assign(weight=weight / weight.sum())


def traits_of(first: int, n: int, cities: pd.DataFrame, settings: dict, rng: np.random.Generator) -> pd.DataFrame:
    """Return the fixed traits of firms number `first` to `first + n - 1`.

    Columns: firm_id, city (row of `cities`), enters, leaves (years observed, both included), founded, state_owned,
    new_energy, constrained, size (s.d. from the mean log assets), log_assets (first year), selection (index of the
    hazard of issuing) and multiplier (of effects).
    """
    about, selection = settings["firm"], settings["selection"]["loadings"]
    start, end = settings["years"]
    late = rng.random(n) < about["entry_share"]
    enters = np.where(late, rng.integers(start + 1, end - 2, n), start)
    lives = rng.geometric(about["exit_hazard"], n)
    state = rng.random(n) < about["state_share"]
    energy = rng.random(n) < about["new_energy_share"]
    size = 0.45 * (state - about["state_share"]) + rng.normal(size=n) * 0.98
    constrained = rng.normal(size=n) - 0.6 * size > np.sqrt(1.36) * 0.126
    index = selection["size"] * size + selection["new_energy"] * energy + selection["state"] * state
    spread = settings["heterogeneity"]["spread"]
    draw = np.exp(rng.normal(size=n) * spread - spread**2 / 2)
    base = np.where(constrained, settings["heterogeneity"]["constrained"], settings["heterogeneity"]["unconstrained"])
    return pd.DataFrame(
        {
            "firm_id": [f"S{number:07d}" for number in range(first, first + n)],
            "city": rng.choice(len(cities), size=n, p=cities["weight"].to_numpy()),
            "enters": enters,
            "leaves": np.minimum(enters + 3 + lives, end),
            "founded": enters - np.exp(rng.normal(about["log_age"][0], about["log_age"][1], n)).round().astype(int),
            "state_owned": state,
            "new_energy": energy,
            "constrained": constrained,
            "size": size,
            "log_assets": about["log_assets"][0] + about["log_assets"][1] * size,
            "selection": index,
            "multiplier": draw * base,
        }
    )
