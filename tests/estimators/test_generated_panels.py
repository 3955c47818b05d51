"""Panels that nobody would write down: tiny, unbalanced, constant, collinear, with holes. Numbers that a slow formula confirms, or one refusal."""

from datetime import timedelta
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from analysis.core.catalogue import modules
from analysis.core.errors import BadOption, DataError
from analysis.core.estimates import NotIdentified
from analysis.core.method import method_of
from analysis.core.specification import Specification

FIELDS = {"outcome": "y", "unit": "firm", "time": "year", "controls": ("x",)}
QUICK = {"max_examples": 12, "derandomize": True, "database": None}
LONG = QUICK | {"max_examples": 250}
LIMIT = timedelta(seconds=10)


@some.composite
def panels(draw):
    """Return a panel with columns firm, year, g, d, y, x, w: a few units and periods, any part of which may be degenerate."""
    units, periods = draw(some.integers(2, 12)), draw(some.integers(2, 6))
    generator = np.random.default_rng(draw(some.integers(0, 10**6)))
    data = pd.DataFrame({"firm": np.repeat(np.arange(units), periods), "year": np.tile(np.arange(2001, 2001 + periods), units)})
    dates = draw(some.lists(some.sampled_from([0, 0, *range(2000, 2002 + periods)]), min_size=units, max_size=units))
    data["g"] = np.array(dates)[data["firm"]]
    data["d"] = ((data["year"] >= data["g"]) & (data["g"] > 0)).astype(int)
    data["x"] = generator.normal(size=len(data))
    data["y"] = generator.normal(size=units)[data["firm"]] + data["d"] + 0.5 * data["x"] + generator.normal(size=len(data))
    data["w"] = 0.5 + generator.random(units)[data["firm"]]
    change = draw(some.sampled_from(["none", "constant x", "x is d", "x by unit", "constant y", "whole y", "huge y", "tiny x"]))
    changed = {
        "constant x": {"x": 3.7},
        "x is d": {"x": 2.0 * data["d"] + 1},
        "x by unit": {"x": data.groupby("firm")["x"].transform("first")},
        "constant y": {"y": 0.1},
        "whole y": {"y": data["y"].round()},
        "huge y": {"y": data["y"] * 1e12},
        "tiny x": {"x": data["x"] * 1e-12 + 1e-3},
    }
    data = data.assign(**changed.get(change, {}))
    gone = generator.random(len(data)) < draw(some.sampled_from([0.0, 0.0, 0.1, 0.4]))
    data.loc[generator.random(len(data)) < draw(some.sampled_from([0.0, 0.2])), "y"] = np.nan
    return data[~gone].sample(frac=1, random_state=1).reset_index(drop=True)


def estimate(estimator: str, data: pd.DataFrame, **fields) -> list[dict]:
    """Return the rows, none where the estimator refuses in its own words; any other error is a fault."""
    specification = Specification("t", estimator, seed=1, **fields)
    try:
        return import_module(f"analysis.estimators.{estimator}").estimate(data, specification)
    except (NotIdentified, DataError, BadOption) as refusal:
        assert str(refusal) and "‹" not in str(refusal)
        return []


def least_squares(y: np.ndarray, x: np.ndarray) -> np.ndarray | None:
    """Return coefficients by dummies and a pseudo-inverse, or None where the first column is not identified."""
    size = np.linalg.norm(x, axis=0)
    scaled = x / np.where(size > 0, size, 1)
    rest = scaled[:, 1:]
    left = scaled[:, 0] - rest @ np.linalg.lstsq(rest, scaled[:, 0], rcond=1e-12)[0] if rest.size else scaled[:, 0]
    if np.linalg.norm(left) < 1e-7:
        return None
    return np.linalg.lstsq(scaled, y, rcond=1e-12)[0] / np.where(size > 0, size, 1)


def dummies(data: pd.DataFrame, *columns: str) -> np.ndarray:
    return np.column_stack([pd.get_dummies(data[column]).to_numpy(float) for column in columns])


def within(data: pd.DataFrame) -> float | None:
    data = data.dropna()
    found = least_squares(data["y"].to_numpy(), np.column_stack([data["x"], dummies(data, "firm")]))
    return None if found is None else found[0]


def two_way(data: pd.DataFrame) -> float | None:
    data = data.dropna()
    found = least_squares(data["y"].to_numpy(), np.column_stack([data["d"], data["x"], dummies(data, "firm", "year")]))
    return None if found is None else found[0]


def cohort_means(data: pd.DataFrame) -> float | None:
    """Return the mean over treated unit-cohorts of cell effects against never-treated units, each from two pairs of means.

    Changes of a cohort are taken from the last earlier period in which one of its units is seen.
    """
    wide = data.dropna().pivot(index="firm", columns="year", values="y")
    cohort = data.groupby("firm")["g"].first().reindex(wide.index)
    cohort = cohort.where(cohort <= wide.columns.max(), 0)
    first = data.dropna()["year"].min()
    kept = (cohort == 0) | (cohort > first)
    total, weight = 0.0, 0.0
    for g in sorted(set(cohort[kept]) - {0}):
        before = [t for t in wide.columns if t < g and wide.loc[cohort == g, t].notna().any()]
        for t in [t for t in wide.columns if t >= g and before]:
            change = wide[t] - wide[before[-1]]
            treated, control = change[kept & (cohort == g)].dropna(), change[cohort == 0].dropna()
            if len(treated) and len(control):
                size = (cohort[kept] == g).sum()
                total, weight = total + size * (treated.mean() - control.mean()), weight + size
    return total / weight if weight else None


def pooled(data: pd.DataFrame) -> float | None:
    data = data.dropna()
    found = least_squares(data["y"].to_numpy(), np.column_stack([data["x"], np.ones(len(data))]))
    return None if found is None else found[0]


SLOW_FORMULAS = {
    "fixed_effects": (within, "x", FIELDS),
    "pooled": (pooled, "x", {"outcome": "y", "controls": ("x",)}),
    "two_way_fixed_effects": (two_way, "d", {**FIELDS, "treatment": "d"}),
    "callaway_santanna": (cohort_means, "att", {"outcome": "y", "unit": "firm", "time": "year", "cohort": "g"}),
}


def check_numbers(rows: list[dict]) -> None:
    for row in rows:
        if pd.notna(row.get("p_value")):
            assert 0 <= row["p_value"] <= 1
        if pd.notna(row.get("std_error")):
            assert row["std_error"] >= 0
        assert "‹" not in row["term"] + str(row.get("reason", ""))


def confirm(estimator: str, data: pd.DataFrame) -> None:
    formula, term, fields = SLOW_FORMULAS[estimator]
    rows = estimate(estimator, data, **fields)
    check_numbers(rows)
    found = next((row for row in rows if row["term"] == term and pd.notna(row.get("estimate"))), None)
    if found is not None:
        right = formula(data)
        assert right is not None, f"{found['estimate']} where nothing is identified"
        assert found["estimate"] == pytest.approx(right, rel=1e-6, abs=1e-9 * data["y"].abs().max())


@pytest.mark.parametrize("estimator", SLOW_FORMULAS)
@settings(**QUICK, deadline=LIMIT)
@given(data=panels())
def test_numbers_are_those_of_a_slow_formula(estimator, data):
    confirm(estimator, data)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", SLOW_FORMULAS)
@settings(**LONG, deadline=LIMIT)
@given(data=panels())
def test_numbers_are_those_of_a_slow_formula_on_many_panels(estimator, data):
    confirm(estimator, data)


def general(estimator: str) -> dict | None:
    """Return the fields of a panel method, or None for methods of other data or that options must name columns for."""
    needs = {one for need in method_of(estimator).needs for one in need.split("|")}
    if any(option.columns and option.default == "" for option in method_of(estimator).options.values()):
        return None
    if not {"outcome", "unit", "time"} <= needs or method_of(estimator).columns or "instruments" in needs:
        return None
    fields = {"outcome": "y", "unit": "firm", "time": "year"}
    return fields | ({"cohort": "g"} if "cohort" in needs else {"treatment": "d"} if "treatment" in needs else {})


PANEL_METHODS = [name for name in modules("estimator") if general(name)]


@pytest.mark.parametrize("estimator", PANEL_METHODS)
@settings(**QUICK, deadline=LIMIT)
@given(data=panels())
def test_every_panel_method_ends_in_numbers_or_a_refusal(estimator, data):
    check_numbers(estimate(estimator, data, **general(estimator)))


@pytest.mark.slow
@pytest.mark.parametrize("estimator", PANEL_METHODS)
@settings(**LONG, deadline=LIMIT)
@given(data=panels())
def test_every_panel_method_ends_in_numbers_or_a_refusal_on_many_panels(estimator, data):
    check_numbers(estimate(estimator, data, **general(estimator)))
