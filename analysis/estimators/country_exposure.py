"""One exposed country against the others after a date: firm and year effects, randomized over countries.

With one treated country no variance of its own can be estimated (Conley and Taber 2011, REStat 93: 113-125); the only
honest reference is how often another country, given the same date, would show as large an effect. Anything else that
changed in the exposed country on that date is in the estimate.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.columns import named
from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._left_out import without
from analysis.inference import randomization
from analysis.inference.absorb import absorbed, codes_of
from analysis.inference.single_regressor import evaluate

METHOD = Method(
    title="One exposed country against the others",
    citation="Conley and Taber (2011), REStat 93: 113-125",
    library="analysis",
    needs=("outcome", "unit", "time"),
    periods_as_written=True,
    options={
        "country": Option("country", "column of countries", columns=True),
        "exposed": Option("China", "its exposed value", name=True),
        "first": Option(2019, "first exposed period", period=True),
        "min_units": Option(10, "units that a placebo country needs on both sides", minimum=1),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'att' by 'cluster' (firms; shown for its false precision) and by 'randomization_countries', and 'placebo', the country its setting.

    Options: country (column), exposed (its value), first (first exposed period), min_units (units that a placebo
    country needs on both sides of the date).
    """
    options = METHOD.read(specification)
    METHOD.need(panel, specification, options.country)
    # A firm whose country is unknown is no firm of another country.
    panel = panel.assign(**{options.country: named(panel[options.country])})
    lost = without(panel, [specification.outcome, specification.unit, specification.time], [options.country])
    data = panel.dropna(subset=[specification.outcome, options.country]).reset_index(drop=True)
    after = (data[specification.time] >= options.first).to_numpy()
    countries = _countries(data, specification, options, after)
    exposed = (data[options.country] == options.exposed).to_numpy()
    actual = _evaluate(data, specification, options, after, countries[:1])
    # The exposed country leaves the sample of the placebos: its own change would sit in their comparison group.
    permuted = _evaluate(data[~exposed].reset_index(drop=True), specification, options, after[~exposed], countries[1:])
    n_firms = data[specification.unit].nunique()
    counts = {
        "n_obs": len(data),
        "n_units": n_firms,
        "n_treated": data.loc[exposed & after, specification.unit].nunique(),
    } | ({"left_out": lost} if lost else {})
    error = float(np.sqrt(actual.v_yy[0]))
    rows = [
        parameter(
            "att",
            actual.a[0],
            error,
            inference="cluster",
            degrees=n_firms - 1,
            n_clusters=n_firms,
            n_treated_clusters=counts["n_treated"],
            **counts,
        )
    ]
    p_value = randomization.p_value(0.0, actual, permuted, scaled=False)
    rows.append(
        parameter(
            "att",
            actual.a[0],
            inference="randomization_countries",
            p_value=p_value,
            draws=len(countries) - 1,
            n_clusters=len(countries),
            n_treated_clusters=1,
            **counts,
        )
    )
    placebos = zip(countries[1:], permuted.a, np.sqrt(permuted.v_yy), strict=True)
    return rows + [
        parameter("placebo", value, spread, setting=str(country), inference="cluster", n_obs=len(data))
        for country, value, spread in placebos
    ]


def _evaluate(
    data: pd.DataFrame, specification: Specification, options: SimpleNamespace, after: np.ndarray, countries: list[str]
) -> randomization.Draws:
    """Return the estimates of each country as the exposed one, with variances clustered by unit."""
    treatments = np.column_stack([(data[options.country] == country).to_numpy() & after for country in countries]).astype(float)
    effects = codes_of(data, [specification.unit, specification.time])
    n_parameters = 1 + absorbed(effects, effects[:, 0])
    return evaluate(data[specification.outcome].to_numpy(float), treatments[:, 0], treatments, effects, effects[:, 0], n_parameters)


def _countries(data: pd.DataFrame, specification: Specification, options: SimpleNamespace, after: np.ndarray) -> list[str]:
    """Return the exposed country first, then every other with enough units on both sides of the date."""
    sides = data.assign(after=after).groupby([options.country, specification.unit])["after"].nunique()
    both = (sides == 2).groupby(level=0).sum()
    if options.exposed not in both.index:
        raise NotIdentified("SUPPORT", f"no row has {options.exposed} in {options.country}")
    if both.get(options.exposed, 0) < options.min_units:
        raise NotIdentified("SUPPORT", f"{options.exposed} has fewer than {options.min_units} units before and from ‹@{options.first}› on")
    others = sorted(country for country, n in both.items() if n >= options.min_units and country != options.exposed)
    if not others:
        raise NotIdentified("SUPPORT", "no other country has enough units")
    return [options.exposed, *others]
