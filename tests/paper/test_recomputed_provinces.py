"""The headline on provinces, computed again from the raw files: estimates, assignments, and p-values by each scheme of permutation."""

from itertools import permutations
from math import factorial, prod

import numpy as np
import pytest

from tests.paper.recomputed import NEVER, GroupTime, archived, dates, outcome, region_of_provinces, usable

COHORT, UNCONFIRMED = dates("midyear")
INTENSITY = usable(outcome("rd_intensity"), UNCONFIRMED)
CERTAIN = UNCONFIRMED.isna().to_numpy()
REGION = region_of_provinces().sort_index()
# First issues after the panel are none within it.
LABELS = np.where(COHORT > 2024, NEVER, COHORT)


def strata(scheme):
    """Return the stratum of each province (31,): region, tercile of R&D to GDP in 2017, or none; uncertain ones have their own."""
    if scheme == "tercile":
        level = outcome("rd_intensity")[2017].to_numpy()
        found = np.searchsorted(np.quantile(level[CERTAIN], [1 / 3, 2 / 3]), level).astype(str)
    else:
        found = REGION.to_numpy(str) if scheme == "region" else np.full(len(CERTAIN), "all")
    return np.where(CERTAIN, found, "uncertain")


@pytest.mark.parametrize(
    ("model", "table", "cohort"),
    [
        ("province_att", "province_permutations", COHORT),
        ("province_calendar", "province_variants", dates("calendar")[0]),
        ("province_approval", "province_variants", dates("approval")[0]),
        ("province_late", "province_variants", dates("midyear", beijing=2020)[0]),
    ],
)
def test_estimate_and_standard_error_by_each_rule_of_dating(model, table, cohort):
    row = archived(table, model_id=model, outcome="rd_intensity", parameter="att|analytic")
    estimate, error = GroupTime(INTENSITY).effect(cohort.to_numpy())
    assert (estimate, error) == pytest.approx((row["estimate"], row["std_error"]), rel=1e-6)


def test_the_east_alone():
    east = (REGION == "East").to_numpy()
    row = archived("province_permutations", model_id="province_east", outcome="rd_intensity", parameter="att|analytic")
    assert GroupTime(INTENSITY[east]).effect(COHORT[east].to_numpy())[0] == pytest.approx(row["estimate"], rel=1e-6)


@pytest.mark.parametrize(
    ("scheme", "model"), [("region", "province_att"), ("tercile", "province_intensity"), ("none", "province_unstratified")]
)
def test_assignments_and_p_values_of_each_scheme(scheme, model):
    labels, stratum = LABELS, strata(scheme)
    sizes = [np.unique(labels[stratum == one], return_counts=True)[1] for one in np.unique(stratum)]
    assignments = prod(factorial(size.sum()) // prod(factorial(int(n)) for n in size) for size in sizes)
    about = {"model_id": model, "outcome": "rd_intensity"}
    assert assignments == archived("province_permutations", **about, parameter="assignments|count")["estimate"]
    draws = 999
    found = GroupTime(INTENSITY).p_values(labels, stratum, draws)
    for p_value, kind in zip(found, ("randomization_t", "randomization_beta"), strict=True):
        printed = archived("province_permutations", **about, parameter=f"att|{kind}")["p_value"]
        assert abs(p_value - printed) < 4 * np.sqrt(printed * (1 - printed) * (1 / draws + 1 / 1999))


def test_the_p_value_of_the_estimate_over_every_assignment_within_regions():
    """The estimate is a sum over treated provinces of what each adds under its cohort, so that all assignments can be summed."""
    labels = LABELS
    years = np.array(INTENSITY.columns)
    values = INTENSITY.to_numpy(float)
    sizes = {g: int((labels == g).sum()) for g in sorted(set(labels) - {NEVER})}
    cells = [(g, k) for g in sizes for k in range(len(years)) if years[k] >= g]
    weight = sum(sizes[g] for g, _ in cells)
    change = {(g, k): values[:, k] - values[:, list(years).index(g - 1)] for g, k in cells}
    controls = {cell: np.isfinite(change[cell]).sum() - sum(sizes.values()) for cell in cells}
    as_control = sum(sizes[g] * np.nan_to_num(change[g, k]) / controls[g, k] for g, k in cells)
    added = {one: as_control + sum(change[g, k] for g, k in cells if g == one) for one in sizes} | {NEVER: np.zeros(len(labels))}
    rest = -as_control.sum()
    sums = np.zeros(1)
    for region in np.unique(strata("region")):
        own = np.flatnonzero(strata("region") == region)
        orders = _distinct(tuple(labels[own]))
        sums = (sums[:, None] + sum(np.array([added[g][i] for g in orders[:, j]]) for j, i in enumerate(own))[None, :]).ravel()
    effects = (rest + sums) / weight
    actual, _ = GroupTime(INTENSITY).effect(COHORT.to_numpy())
    row = archived("province_permutations", model_id="province_att", outcome="rd_intensity", parameter="att|randomization_beta")
    assert len(effects) == 60480 and np.isclose(effects, actual).any()
    exact = np.mean(np.abs(effects) >= abs(actual) - 1e-9)
    assert abs(exact - row["p_value"]) < 4 * np.sqrt(exact * (1 - exact) / 1999)


def _distinct(labels):
    """Return the distinct orders of labels (orders, units)."""
    if labels.count(NEVER) == len(labels):
        return np.array([labels])
    treated = [g for g in labels if g != NEVER]
    found = {
        tuple(dict(zip(chosen, treated, strict=True)).get(i, NEVER) for i in range(len(labels)))
        for chosen in permutations(range(len(labels)), len(treated))
    }
    return np.array(sorted(found))


def test_the_placebo_of_the_last_days_of_2018():
    """Approvals and deals of December 2018, year 0: by the present sample, and as the former dating by calendar year had it."""
    cohort = dates("approval")[0]
    row = archived("province_checks", model_id="province_placebo_december", outcome="rd_intensity", parameter="att|randomization_t")
    panel = GroupTime(INTENSITY, last=2018)
    estimate, _ = panel.effect(cohort.to_numpy())
    assert estimate == pytest.approx(row["estimate"], rel=1e-6) and round(estimate, 2) == 0.14
    p_value, _ = panel.p_values(np.where(cohort > 2018, NEVER, cohort), strata("region"))
    assert abs(p_value - row["p_value"]) < 4 * np.sqrt(0.25 * (1 / 399 + 1 / 1999)) and p_value > 0.3
    early, never = (cohort == 2018).to_numpy(), CERTAIN & (cohort > 2024).to_numpy()
    moved = (outcome("rd_intensity")[2018] - outcome("rd_intensity")[2017]).to_numpy()
    assert moved[early].mean() - moved[never].mean() == pytest.approx(0.167, abs=5e-4)
