"""Provinces from the raw files by pandas and numpy alone: dates, outcomes, group-time averages and their permutations.

A second way to the numbers that the paper prints, which shares no line with `analysis/`.
"""

import numpy as np
import pandas as pd

from analysis.core.rawfiles import ROOT

RAW = ROOT / "data" / "raw"
TABLES = ROOT / "paper" / "tables"
NEVER = 9999


def archived(table, **conditions):
    """Return the one row of the data of an archived table (paper/tables) that meets the conditions."""
    rows = pd.read_csv(TABLES / f"{table}.csv", low_memory=False)
    for column, value in conditions.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, (table, conditions, len(rows))
    return rows.iloc[0]


def region_of_provinces():
    return pd.read_csv(RAW / "statistics" / "provinces.csv").set_index("province")["region"]


def outcome(column):
    """Return the outcome (31 provinces, years): R&D over GDP of one vintage in percent, or the logarithm of a column."""
    data = pd.read_csv(RAW / "statistics" / "province_year.csv")
    values = 100 * data["rd_expenditure"] / data["gdp"] if column == "rd_intensity" else np.log(data[column])
    return data.assign(value=values).pivot(index="province", columns="year", values="value").sort_index()


def dates(rule, beijing=2019):
    """Return the cohort of each province (31,) by a rule of dating, NEVER without a confirmed issue, and its first unconfirmed year.

    `rule`: midyear, calendar, or approval, by which approvals count as issues and Beijing's stays where they put it.
    """
    events = pd.read_csv(RAW / "registers" / "first_issues.csv", dtype=str)
    events["year"] = events["date"].str[:4].astype(int)
    names = region_of_provinces().sort_index().index
    issued = events[events["rule"] == "confirmed first issue"].sort_values("date").drop_duplicates("province").set_index("province")
    cohort = issued["year"].copy()
    if rule == "midyear":
        cohort += (issued["date"].str[5:7].fillna("").replace("", "00").astype(int) > 6).astype(int)
    if rule == "approval":
        approved = events[events["rule"] == "approval"].groupby("province")["year"].min()
        cohort = cohort.combine(approved.reindex(cohort.index).fillna(NEVER), min)
    else:
        cohort["Beijing"] = beijing
    unconfirmed = events[~events["province"].isin(issued.index)].groupby("province")["year"].min()
    return cohort.reindex(names).fillna(NEVER).astype(int), unconfirmed.reindex(names)


class GroupTime:
    """The average effect over treated cells, weighted by their provinces, and its standard error by influence functions.

    `values` (provinces, years) may have holes; `cohort` (provinces,) holds first treated years, NEVER for controls; the base of a
    cohort is its last year before treatment with any figure, or, with `true_base`, cohorts without the year before are left out.
    """

    def __init__(self, values, last=None):
        self.years = [year for year in values.columns if last is None or year <= last]
        self.values = values[self.years].to_numpy(float)

    def base(self, g):
        seen = np.isfinite(self.values).any(axis=0)
        return max((k for k, year in enumerate(self.years) if year < g and seen[k]), default=None)

    def effect(self, cohort):
        """Return the average effect and its standard error."""
        cohort = np.where(cohort > self.years[-1], NEVER, cohort)
        units, cells = len(cohort), []
        for g in sorted(set(cohort) - {NEVER}):
            base = self.base(g)
            for k in [k for k, year in enumerate(self.years) if year >= g]:
                change = self.values[:, k] - self.values[:, base]
                own, other = (cohort == g) & np.isfinite(change), (cohort == NEVER) & np.isfinite(change)
                if own.any() and other.any():
                    influence = np.zeros(units)
                    influence[own] = (change[own] - change[own].mean()) * units / own.sum()
                    influence[other] = -(change[other] - change[other].mean()) * units / other.sum()
                    cells.append((change[own].mean() - change[other].mean(), (cohort == g).mean(), influence, cohort == g))
        effects, shares = np.array([cell[0] for cell in cells]), np.array([cell[1] for cell in cells])
        weights = shares / shares.sum()
        members = np.stack([cell[3] for cell in cells]) - shares[:, None]
        # Cohort sizes are estimated too: the derivative of the weights.
        of_weights = members / shares.sum() - weights[:, None] * members.sum(axis=0) / shares.sum()
        influence = weights @ np.stack([cell[2] for cell in cells]) + effects @ of_weights
        return float(weights @ effects), float(np.sqrt(influence @ influence) / units)

    def p_values(self, cohort, strata, draws=399, seed=1):
        """Return p-values by the t-ratio and by the estimate, cohorts permuted within `strata` (provinces,)."""
        generator, (actual, error) = np.random.default_rng(seed), self.effect(cohort)
        ratios, estimates = [], []
        for _ in range(draws):
            drawn = cohort.copy()
            for stratum in np.unique(strata):
                own = np.flatnonzero(strata == stratum)
                drawn[own] = generator.permutation(cohort[own])
            value, its_error = self.effect(drawn)
            ratios.append(abs(value) / its_error)
            estimates.append(abs(value))
        exceeds = [(np.array(ratios) >= abs(actual) / error - 1e-9).sum(), (np.array(estimates) >= abs(actual) - 1e-9).sum()]
        return [(1 + count) / (1 + draws) for count in exceeds]


def usable(values, unconfirmed):
    """Return the outcome without the years of uncertain provinces from their unconfirmed evidence on."""
    late = np.array(values.columns)[None, :] >= unconfirmed.to_numpy(float)[:, None]
    return values.mask(late)
