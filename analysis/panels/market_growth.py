"""Deals of the Chinese exchanges by period: since launch, just before, and after, with what is known of how they cluster.

Deals come off the shelves of one originator, so that counts vary more than independent arrivals. If the deals of one originator within a
year are one draw, the variance of a count is that many times its mean: the sum of squares of their numbers over their sum (a
compound Poisson). The register, tilted to first deals, understates it; the other end is that all deals of the largest
originator that a source counts were a single draw.
"""

from __future__ import annotations

import pandas as pd

SCOPE = "both exchanges"
ONE_ORIGINATOR = "one originator, Shenzhen"
LAUNCH, BEFORE = "since launch", "just before"


def build(market_series: pd.DataFrame, issuances: pd.DataFrame) -> pd.DataFrame:
    """Return two rows per comparison: deals and months of the earlier period and of the later one, and two values of dispersion.

    The later period ends at the last cumulative count of both exchanges and begins at the one before. `since launch` compares it with
    all months up to there (one provider); `just before` with those since the count before that, which is another provider's.
    """
    series = market_series[(market_series["basis"] == "cumulative") & (market_series["scope"] == SCOPE)].sort_values("as_of")
    before, first, last = series.tail(3).to_dict("records")
    earlier = {LAUNCH: (first["deals"], first["months"]), BEFORE: tuple(first[key] - before[key] for key in ("deals", "months"))}
    later = tuple(last[key] - first[key] for key in ("deals", "months"))
    providers = {LAUNCH: first["provider"], BEFORE: f"{before['provider']}, then {first['provider']}"}
    rows = [
        {"comparison": name, "as_of": end["as_of"], "source_def": f"{providers[name]}: {SCOPE}", "deals": deals, "months": months}
        for name in (LAUNCH, BEFORE)
        for end, (deals, months) in ((first, earlier[name]), (last, later))
    ]
    largest = int(market_series.loc[market_series["scope"] == ONE_ORIGINATOR, "deals"].iloc[0])
    counted = int(before["deals"])
    return pd.DataFrame(rows).assign(
        dispersion=compound([*_by_originator(issuances)]), dispersion_upper=compound([largest, *[1] * (counted - largest)])
    )


def compound(numbers: list[int]) -> float:
    """Return the variance over the mean of a compound Poisson count whose draws are of these sizes."""
    return float(sum(number**2 for number in numbers) / sum(numbers))


def _by_originator(issuances: pd.DataFrame) -> pd.Series:
    """Return the number of Chinese deals of the register by originator and year; one without a named originator is its own."""
    china = issuances[issuances["market"] == "China"]
    return china.groupby(["originator_key", "year"]).size()
