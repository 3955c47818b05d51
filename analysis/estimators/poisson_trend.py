"""Trend of yearly counts by Poisson regression (statsmodels), with variance scaled by Pearson's dispersion.

Deals come off shelves in clusters, so that counts vary more than Poisson; the quasi-likelihood scale (McCullagh and
Nelder 1989, section 4.5.2) widens the interval accordingly.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import statsmodels.api as sm

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, noted, parameter
from analysis.core.method import Method
from analysis.core.options import MOST_PERIODS, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification

YEARS = (1700, 2299)

METHOD = Method(
    title="Trend of yearly counts",
    citation="McCullagh and Nelder (1989), Generalized Linear Models, section 4.5.2",
    library="statsmodels",
    needs=("time",),
    periods_as_written=True,
    options={
        "first": Option(None, "first whole year (or other period); without it that of the first event", period=True),
        "last": Option(None, "last whole year (or other period); without it that of the last event", period=True),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'log_growth' (change of the log rate a year, or other period) and 'dispersion'; a row of the panel is one event.

    Periods without an event count as zero, also those that `first` and `last` add outside the data, of which a note tells.
    """
    options = METHOD.read(specification)
    years = panel[specification.time].dropna().astype(int)
    if years.empty:
        raise NotIdentified("SUPPORT", "no event has a date")
    first, last = (years.min() if options.first is None else options.first), (years.max() if options.last is None else options.last)
    _check(years, options, last - first + 1)
    counts = years[years.between(first, last)].value_counts().reindex(range(first, last + 1), fill_value=0)
    if len(counts) < 4 or counts.sum() < 10:
        raise NotIdentified("SUPPORT", f"{int(counts.sum())} events in {len(counts)} periods carry no trend")
    design = sm.add_constant(pd.Series(counts.index - counts.index[0], index=counts.index, name="year", dtype=float))
    result = sm.GLM(counts, design, family=sm.families.Poisson()).fit(scale="X2")
    slope, error = float(result.params["year"]), float(result.bse["year"])
    about: dict = {"n_obs": int(counts.sum()), "n_units": len(counts), "library": "statsmodels"}
    if added := [
        f"{n} {where}" for n, where in ((years.min() - first, "before the first event"), (last - years.max(), "after the last")) if n > 0
    ]:
        about |= noted(f"WINDOW: periods {' and '.join(added)} count as zero")
    return [
        parameter("log_growth", slope, error, inference="quasi_poisson", degrees=len(counts) - 2, **about),
        parameter("dispersion", float(np.asarray(result.scale)), inference="none", **about),
    ]


def _check(years: pd.Series, options: SimpleNamespace, length: int) -> None:
    """Raise BadOption for ends of the window that cannot be meant: no years among years, or far from the data."""
    for name in ("first", "last"):
        value = getattr(options, name)
        if value is not None and years.between(*YEARS).all() and not YEARS[0] <= value <= YEARS[1]:
            raise BadOption(f"poisson_trend: option {name} is {value}; periods are years", name, value, "a year")
    if length < 1 or length > MOST_PERIODS:
        window = (
            f"‹@{options.first}›" if options.first is not None else "the first event",
            f"‹@{options.last}›" if options.last is not None else "the last",
        )
        raise BadOption(
            f"poisson_trend: the window from {window[0]} to {window[1]} has {max(length, 0):,} periods; it must have 4 to {MOST_PERIODS:,}",
            "first",
            options.first,
            "a period before last",
        )
