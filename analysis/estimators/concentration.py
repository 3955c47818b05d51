"""How concentrated deals are over places: Herfindahl-Hirschman index, Gini coefficient, share of the largest."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import MOST_DRAWS, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification

METHOD = Method(
    title="Concentration over places",
    citation="Herfindahl (1950); Gini (1912)",
    library="analysis",
    needs=("unit",),
    options={
        "n_places": Option(0, "places there are, with or without a deal; 0: those in the data", minimum=0),
        "bootstrap_draws": Option(999, "draws over deals", minimum=0, maximum=MOST_DRAWS, fewest=19),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'hhi', 'gini' and 'top_share' of the unit column, with percentile intervals over resampled deals.

    The Gini coefficient counts places without a deal: `n_places` of them in all. Options: n_places, bootstrap_draws.
    """
    options = METHOD.read(specification)
    places = panel[specification.unit].dropna().to_numpy(str)
    if len(places) < 2:
        raise NotIdentified("SUPPORT", "fewer than two deals have a place")
    # In the order of names, so that draws do not depend on the order of rows.
    codes = np.sort(np.unique(places, return_inverse=True)[1])
    generator = np.random.default_rng(specification.seed)
    present = int(codes.max()) + 1
    if 0 < options.n_places < present:
        raise BadOption(
            f"concentration: option n_places is {options.n_places}, but the data hold {present} places",
            "n_places",
            options.n_places,
            f"at least {present}",
        )
    n_places = options.n_places or present
    values = indices(np.bincount(codes), n_places)
    about: dict = {"n_obs": len(places), "n_units": present}
    if not options.bootstrap_draws:
        return [parameter(term, value, inference="none", **about) for term, value in zip(("hhi", "gini", "top_share"), values, strict=True)]
    # A draw that misses a place has it with no deal.
    drawn = [indices(np.bincount(codes[generator.integers(0, len(codes), len(codes))]), n_places) for _ in range(options.bootstrap_draws)]
    about |= {"inference": "bootstrap", "draws": options.bootstrap_draws, "seed": specification.seed}
    rows = []
    for position, term in enumerate(("hhi", "gini", "top_share")):
        ends = np.quantile([draw[position] for draw in drawn], [0.025, 0.975, 0.05, 0.95])
        rows.append(parameter(term, values[position], ci_low=ends[0], ci_high=ends[1], ci90_low=ends[2], ci90_high=ends[3], **about))
    return rows


def indices(counts: np.ndarray, n_places: int) -> tuple[float, float, float]:
    """Return HHI, Gini coefficient and largest share of `counts` over `n_places` places."""
    share = np.sort(counts) / counts.sum()
    # Places without a deal come first in the order, and add nothing but their number.
    n = max(n_places, len(share))
    gini = float((2 * np.arange(n - len(share) + 1, n + 1) - n - 1) @ share / n)
    return float((share**2).sum()), gini, float(share.max())
