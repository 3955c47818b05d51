"""Trend of yearly counts by Poisson regression (statsmodels), with variance scaled by Pearson's dispersion.

Deals come off shelves in clusters, so that counts vary more than Poisson; the quasi-likelihood scale (McCullagh and
Nelder 1989, section 4.5.2) widens the interval accordingly.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm

from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification

METHOD = Method(
    title="Trend of yearly counts",
    citation="McCullagh and Nelder (1989), Generalized Linear Models, section 4.5.2",
    library="statsmodels",
    needs=("time",),
    periods_as_written=True,
    options={
        "first": Option(None, "first whole year"),
        "last": Option(None, "last whole year"),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'log_growth' (change of the log rate a year) and 'dispersion'; a row of the panel is one event.

    Years without an event count as zero. Options: first and last year, both whole years.
    """
    options = METHOD.read(specification)
    years = panel[specification.time].dropna().astype(int)
    if years.empty:
        raise NotIdentified("SUPPORT", "no event has a date")
    first, last = options.first or years.min(), options.last or years.max()
    counts = years[years.between(first, last)].value_counts().reindex(range(first, last + 1), fill_value=0)
    if len(counts) < 4 or counts.sum() < 10:
        raise NotIdentified("SUPPORT", f"{int(counts.sum())} events in {len(counts)} years carry no trend")
    design = sm.add_constant(pd.Series(counts.index - counts.index[0], index=counts.index, name="year", dtype=float))
    result = sm.GLM(counts, design, family=sm.families.Poisson()).fit(scale="X2")
    slope, error = float(result.params["year"]), float(result.bse["year"])
    about: dict = {"n_obs": int(counts.sum()), "n_units": len(counts), "library": "statsmodels"}
    return [
        parameter("log_growth", slope, error, inference="quasi_poisson", degrees=len(counts) - 2, **about),
        parameter("dispersion", float(np.asarray(result.scale)), inference="none", **about),
    ]
