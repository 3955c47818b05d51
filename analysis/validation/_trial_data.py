"""Tables on which every estimator has something to estimate: SIMULATED, they test methods and nothing else.

Values lie on a grid of 2^-16, so that a shift by 2^27 (1.3e8) loses no digit: what then changes is the estimator's doing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

GRID = 2.0**16
UNITS, PERIODS, FIRST = 48, 8, 2001


def on_grid(values: np.ndarray) -> np.ndarray:
    return np.round(values * GRID) / GRID


def panel(seed: int = 1) -> pd.DataFrame:
    """Return a balanced panel (rows: units x periods) with staggered treatment and a column for every role."""
    generator = np.random.default_rng(seed)
    unit, time = np.repeat(np.arange(1, UNITS + 1), PERIODS), np.tile(np.arange(FIRST, FIRST + PERIODS), UNITS)
    cohort = np.array([0, 0, 2004, 2005, 2006, 0])[unit % 6]
    d = ((time >= cohort) & (cohort > 0)).astype(int)
    level, size = generator.normal(size=(2, UNITS + 1))
    x, z = generator.normal(size=(2, len(unit)))
    x = x + 0.4 * level[unit]
    wave = 0.3 * generator.normal(size=PERIODS)[time - FIRST]
    noise = 0.3 * generator.normal(size=len(unit))
    y = level[unit] + wave + (1 + 0.1 * (unit % 5)) * d + 0.5 * x + noise
    price = x + 0.8 * z + 0.5 * noise
    slope = 1 / (1 + np.exp(-(0.5 * x + 0.4 * d - 0.3 + noise)))
    return pd.DataFrame(
        {
            "firm": unit,
            "year": time,
            "g": cohort,
            "d": d,
            # On and off, in two of three units that are treated.
            "switch": np.where((time >= 2004 + unit % 3) & (time <= 2006) & (unit % 3 > 0), 1, 0),
            "y": on_grid(y),
            "y2": on_grid(0.5 * y + generator.normal(size=len(unit))),
            "x": on_grid(x),
            "size": on_grid(size[unit]),
            "z": on_grid(z),
            "price": on_grid(price),
            "count": generator.poisson(np.exp(0.3 * x + 0.3 * d)),
            "share": on_grid(slope),
            "w": on_grid(0.5 + generator.random(UNITS + 1)[unit]),
            "region": unit % 12,
            "place": np.array([f"p{u % 6}" for u in unit]),
            "eligible": (unit // 6) % 2,
        }
    )


def few(seed: int = 1) -> pd.DataFrame:
    """Return the panel of one treated cohort of four units and all that are never treated, as synthetic controls want it."""
    data = panel(seed)
    chosen = (data["g"] == 0) | ((data["g"] == 2006) & (data["firm"] <= 24))
    return data[chosen].reset_index(drop=True)


def spells(seed: int = 1) -> pd.DataFrame:
    """Return 240 spells: months (some until later entry), whether they ended and how, intervals, covariates and groups."""
    generator = np.random.default_rng(seed)
    n = 240
    x, tr = generator.normal(size=n), generator.integers(0, 2, n)
    start = np.where(generator.random(n) < 0.3, 2 * generator.random(n), 0.0)
    # A quarter never ends, which is what cure models are about.
    length = np.where(generator.random(n) < 0.25, 1e6, 1.0) * 6 * generator.weibull(1.3, n) * np.exp(-0.3 * x - 0.2 * tr) + 0.25
    stop, censor = start + length, start + 4 + 14 * generator.random(n)
    ended = stop <= censor
    months = on_grid(np.minimum(stop, censor))
    return pd.DataFrame(
        {
            "id": np.arange(1, n + 1),
            "start": on_grid(start),
            "months": months,
            "whole": np.ceil(months).astype(int),
            "failed": ended.astype(int),
            "kind": ended * (1 + (generator.random(n) < 0.3)),
            "upper": np.where(ended, months + 1, np.nan),
            "x": on_grid(x),
            "tr": tr,
            "sector": generator.integers(0, 3, n),
            "city": np.arange(n) % 20,
        }
    )


def switching(seed: int = 1) -> pd.DataFrame:
    """Return the spells cut where an exposure begins, for units that it reaches in time; days of clocks and of exposure besides."""
    data = spells(seed).assign(start=0.0)
    day, begun = (data["city"] % 5 + 4.0).where(data["city"] % 2 == 0), data["id"] % 8 / 1.0
    onset = on_grid((day - begun).fillna(np.inf).clip(lower=0).to_numpy())
    whole = data.assign(begun=begun, day=day)
    before = whole.assign(months=np.minimum(onset, whole["months"]), failed=whole["failed"].where(whole["months"] <= onset, 0), tr=0)
    after = whole.assign(start=np.where(np.isfinite(onset), onset, 1e9), tr=1)
    rows = pd.concat([part[part["months"] > part["start"]] for part in (before, after)])
    return rows.sort_values(["id", "start"], kind="stable").reset_index(drop=True)


def histories(seed: int = 1) -> pd.DataFrame:
    """Return units with up to four stretches, each of which may end in an event."""
    data = spells(seed).head(120)
    rows = []
    for part in range(3):
        one = data.assign(start=data["months"] * part / 4, months=data["months"] * (part + 1) / 4, number=part)
        one["failed"] = (data["id"] * 7 + part * 3) % 5 % 2
        one["x"] = on_grid(data["x"] + 0.1 * part)
        rows.append(one)
    table = pd.concat(rows).sort_values(["id", "start"], kind="stable").reset_index(drop=True)
    return table.assign(start=on_grid(table["start"]), months=on_grid(table["months"]))


def stacks(seed: int = 1) -> pd.DataFrame:
    """Return the panel stacked by cohort, with the controls that are never treated in each stack."""
    data = panel(seed)
    parts = [
        data[data["g"].isin([0, g]) & data["year"].between(g - 3, g + 2)].assign(
            stack=g, event_time=lambda d, g=g: d["year"] - g, treated=lambda d, g=g: (d["g"] == g).astype(int)
        )
        for g in (2004, 2005, 2006)
    ]
    table = pd.concat(parts, ignore_index=True)
    return table.assign(cell=table["stack"].astype(str) + table["region"].mod(2).map({0: "a", 1: "b"}))


def deals(seed: int = 1) -> pd.DataFrame:
    """Return a register of events with dates, classes and places, as the descriptive methods read it."""
    generator = np.random.default_rng(seed)
    year = np.sort(generator.integers(2015, 2025, 60))
    return pd.DataFrame(
        {
            "deal_id": [f"d{i:02d}" for i in range(60)],
            "year": year,
            "date": [f"{y}-{m:02d}" for y, m in zip(year, generator.integers(1, 13, 60), strict=True)],
            "underlying": generator.choice(["patent", "copyright", "mixed", "trademark"], 60),
            "place": generator.choice(["A", "B", "C", "D"], 60, p=[0.5, 0.2, 0.2, 0.1]),
            "green": generator.choice(["yes", "no"], 60),
        }
    )


def series(seed: int = 1) -> pd.DataFrame:
    """Return one count at two dates."""
    del seed
    return pd.DataFrame({"as_of": ["2019-12", "2022-12"], "deals": [10, 41], "months": [12.0, 48.0]})
