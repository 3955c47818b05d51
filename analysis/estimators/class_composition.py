"""What the deals of a market rest on: the share of one class in its earlier half, and how the mix changes.

Deals are split once, by date, into an earlier and a later half. A pool of mixed rights may or may not hold the class in question,
so that its share has a lower value (pools of that class alone) and an upper one (mixed pools with them). The share of the earlier
half is a count among deals, with its exact interval (Clopper and Pearson 1934, Biometrika 26: 404-413); what changes between the
halves has percentile intervals over resampled clusters, the deals of one originator (Davison and Hinkley 1997, section 3.8): halves stay
as they are, so that no deal changes its period. Where the two values differ, an interval reaches from the lower end of one to the
upper end of the other (Horowitz and Manski 2000, JASA 95: 77-84): it covers the share whichever holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from analysis.core.columns import named
from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import MOST_DRAWS, Option
from analysis.core.progress import track
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._left_out import without

METHOD = Method(
    title="Share of a class in the earlier half, and how the mix changes",
    citation="Clopper and Pearson (1934), Biometrika 26: 404-413; Horowitz and Manski (2000), JASA 95: 77-84; Shannon (1948) entropy",
    library="analysis",
    needs=("time",),
    accepts=("cluster",),
    periods_as_written=True,
    options={
        "column": Option("underlying", "column of classes", columns=True),
        "main_class": Option("patent", "class whose share is followed"),
        "mixed": Option("mixed", "value that may hold any class"),
        "ignore": Option(["not stated"], "values that name no class"),
        "benchmark": Option(0.5, "share that the earlier half is compared with", minimum=0, maximum=1),
        "bootstrap_draws": Option(999, "draws over clusters, else over deals; 0 for none", minimum=0, maximum=MOST_DRAWS, fewest=19),
    },
    columns=("date", "deal_id"),
)

SETTINGS = ("alone", "with mixed")


@dataclass(frozen=True)
class Halves:
    """Deals in order of date: `classes` (deals,) as codes, `own` (2, deals): of the class alone, with mixed pools; `later` (deals,)."""

    classes: np.ndarray
    own: np.ndarray
    later: np.ndarray

    def statistics(self, copies: np.ndarray) -> np.ndarray:
        """Return (6,) of `copies` (deals,) of each deal: the two early shares, their fall, and the rise of entropy and of classes."""
        early, late = copies * ~self.later, copies * self.later
        if not (early.sum() and late.sum()):
            return np.full(6, np.nan)
        first, last = (self.own @ part / part.sum() for part in (early, late))
        mixes = [np.bincount(self.classes, part, self.classes.max() + 1) for part in (early, late)]
        rise = [entropy(mixes[1]) - entropy(mixes[0]), float((mixes[1] > 0).sum() - (mixes[0] > 0).sum())]
        return np.array([*first, *(first - last), *rise])


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'early_excess', 'early_share', 'later_share', 'share_fall', 'entropy_change' and 'classes_change'.

    'early_excess' is the share of class `main_class` among the earlier half of the deals less `benchmark`; 'share_fall' that share
    less the one of the later half. Both, at the middle of their two values, have the interval that covers either; the shares and
    'share_fall_value' have each value's own, with a setting ('alone', 'with mixed'). Entropy in nats, later half less earlier. Raises NotIdentified where the register
    holds no such class, nothing else, or fewer than four deals.
    """
    options = METHOD.read(specification)
    METHOD.need(panel, specification, options.column)
    lost = without(panel, [specification.time], [options.column])
    deals = panel.assign(**{options.column: named(panel[options.column])}).dropna(subset=[specification.time, options.column])
    deals = deals[~deals[options.column].isin(options.ignore)]
    deals = deals.assign(_date=deals["date"].astype("string").fillna("")).sort_values([specification.time, "_date", "deal_id"])
    names = deals[options.column].to_numpy(str)
    if options.main_class not in names or len(set(names)) < 2 or len(names) < 4:
        raise NotIdentified("SUPPORT", f"the register holds no '{options.main_class}', nothing else, or fewer than four deals")
    pure = names == options.main_class
    halves = Halves(
        np.unique(names, return_inverse=True)[1],
        np.stack([pure, pure | (names == options.mixed)]),
        np.arange(len(names)) >= len(names) // 2,
    )
    values = halves.statistics(np.ones(len(names)))
    drawn = _drawn(halves, _clusters(deals, specification), options.bootstrap_draws, specification.seed)
    rows = [*_early(halves, options.benchmark), *_changes(values, drawn, specification.seed, len(names))]
    return [row | {"left_out": lost} for row in rows] if lost else rows


def entropy(counts: np.ndarray) -> float:
    """Return the Shannon entropy of the shares of `counts` (classes,), in nats."""
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log(share)).sum())


def _clusters(deals: pd.DataFrame, specification: Specification) -> np.ndarray:
    """Return the cluster of each deal as a code; a deal without one is its own."""
    if not specification.cluster:
        return np.arange(len(deals))
    column = deals[specification.cluster[0]].astype("string")
    return pd.factorize(column.where(column.notna(), "deal " + deals["deal_id"].astype("string")), sort=True)[0]


def _drawn(halves: Halves, cluster: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Return the statistics (draws, 6) of resampled clusters; draws without a deal in one half do not count."""
    generator, n = np.random.default_rng(seed), int(cluster.max()) + 1
    copies = (np.bincount(generator.integers(0, n, n), minlength=n)[cluster] for _ in track(range(draws), draws, "bootstrap draws"))
    found = np.array([halves.statistics(times) for times in copies]).reshape(-1, 6)
    return found[np.isfinite(found).all(1)]


def _early(halves: Halves, benchmark: float) -> list[dict]:
    """Return the shares of the class in each half with exact intervals, and the early one less the benchmark."""
    rows, ends = [], {}
    for term, members in (("early_share", ~halves.later), ("later_share", halves.later)):
        total = int(members.sum())
        for setting, own in zip(SETTINGS, halves.own, strict=True):
            hits = int((own & members).sum())
            limits = [proportion_confint(hits, total, level, method="beta") for level in (0.05, 0.10)]
            ends[term, setting] = (hits / total, *limits[0], *limits[1])
            rows.append(_exact(term, ends[term, setting], total, setting=setting))
    low, high = (np.array(ends["early_share", setting]) - benchmark for setting in SETTINGS)
    covering = ((low[0] + high[0]) / 2, low[1], high[2], low[3], high[4])
    return [_exact("early_excess", covering, int((~halves.later).sum())), *rows]


def _exact(term: str, values: tuple, total: int, **more: Any) -> dict:
    value, *ends = values
    limits = dict(zip(("ci_low", "ci_high", "ci90_low", "ci90_high"), ends, strict=True))
    return parameter(term, value, inference="exact", library="statsmodels", n_obs=total, **limits, **more)


def _changes(values: np.ndarray, drawn: np.ndarray, seed: int, n_obs: int) -> list[dict]:
    alone, mixed = values[2:4]
    rows = [_percentiles("share_fall", (alone + mixed) / 2, drawn[:, 2:4], seed, n_obs)]
    rows += [_percentiles("share_fall_value", values[i], drawn[:, [i]], seed, n_obs, setting=SETTINGS[i - 2]) for i in (2, 3)]
    return rows + [_percentiles(term, values[i], drawn[:, [i]], seed, n_obs) for i, term in ((4, "entropy_change"), (5, "classes_change"))]


def _percentiles(term: str, value: float, drawn: np.ndarray, seed: int, n_obs: int, **more: Any) -> dict:
    """Return a row whose interval covers the percentiles of every column of `drawn` (draws, columns), its p-value the largest."""
    if not len(drawn):
        return parameter(term, value, inference="none", n_obs=n_obs, **more)
    ends = np.quantile(drawn, [0.025, 0.975, 0.05, 0.95], axis=0)
    sides = np.minimum((drawn <= 0).sum(0), (drawn >= 0).sum(0))
    p_value = float(min(1.0, 2 * (1 + sides.max()) / (1 + len(drawn))))
    return parameter(
        term, value, inference="bootstrap", p_value=p_value, ci_low=ends[0].min(), ci_high=ends[1].max(), ci90_low=ends[2].min(),
        ci90_high=ends[3].max(), draws=len(drawn), seed=seed, n_obs=n_obs, **more,
    )  # fmt: skip
