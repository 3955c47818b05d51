"""Small linear programmes are solved as by scipy, and points that the first stage rejects are not tested in vain."""

from functools import partial

import numpy as np
import pytest
from moderndid.didhonest import arp_nuisance
from scipy import optimize

from analysis.inference.hopeless_points import without_hopeless
from analysis.inference.small_programmes import INFEASIBLE, SOLVED, linprog


@pytest.mark.parametrize("seed", range(5))
def test_programmes_are_solved_as_by_scipy(seed):
    generator = np.random.default_rng(seed)
    matrix, cost = generator.normal(size=(12, 4)), np.eye(4)[0]
    matrix[:, 0] = -np.abs(matrix[:, 0])
    given = {"A_ub": matrix, "b_ub": generator.normal(size=12), "bounds": [(None, None)] * 4}
    ours, theirs = linprog(cost, **given, method="highs-ds"), optimize.linprog(cost, **given, method="highs-ds")
    assert ours.success == theirs.success
    if ours.success:
        assert ours.status == SOLVED and ours.fun == pytest.approx(theirs.fun, abs=1e-9)
        assert ours.x == pytest.approx(theirs.x, abs=1e-8)
        assert ours.ineqlin.marginals == pytest.approx(theirs.ineqlin.marginals, abs=1e-8)
    equations = {"A_eq": np.abs(matrix.T), "b_eq": np.abs(matrix.T) @ generator.random(12)}
    dual = generator.normal(size=12)
    assert linprog(dual, **equations).fun == pytest.approx(optimize.linprog(dual, **equations).fun, abs=1e-9)


def test_a_programme_without_a_solution_says_so():
    found = linprog(np.array([1.0]), A_ub=np.array([[1.0], [-1.0]]), b_ub=np.array([-1.0, -1.0]), bounds=(None, None))
    assert not found.success and found.status == INFEASIBLE and found.x is None


@pytest.mark.parametrize("critical", [-3.0, 0.4, 2.5])
@pytest.mark.parametrize("seed", range(4))
def test_only_points_that_the_first_stage_rejects_are_left_out(seed, critical):
    generator = np.random.default_rng(seed)
    moments, points = 10, 201
    root = generator.normal(size=(moments, moments))
    grid, slope = np.linspace(-8, 9, points), generator.normal(size=moments)
    given = {
        "theta_grid": grid,
        "y_t_matrix": generator.normal(size=moments)[None] - grid[:, None] * slope[None],
        "sigma_y": root @ root.T,
        "a_gamma_inv_minus_one": generator.normal(size=(moments, 2)),
        "rows_for_arp": np.arange(moments) % 5 != 4,
        "hybrid_flag": "LF",
        "hybrid_list": {"lf_cv": critical, "hybrid_kappa": 0.005},
        "d_vec": None,
        "a_gamma_inv_one": None,
        "alpha": 0.05,
    }
    given["rows_for_arp"] = np.flatnonzero(given["rows_for_arp"])
    asked = []

    def accepted(point, **_):
        asked.append(point)
        return True

    kept = np.array([without_hopeless(partial(accepted, **given), points)(point) for point in range(points)])
    library = np.array([arp_nuisance._test_theta_accepted(point, **given) for point in range(points)])
    assert not (library & ~kept).any()
    least = [
        arp_nuisance._test_delta_lp(
            row[given["rows_for_arp"]], given["a_gamma_inv_minus_one"][given["rows_for_arp"]],
            given["sigma_y"][np.ix_(given["rows_for_arp"], given["rows_for_arp"])],
        )["eta_star"]
        for row in given["y_t_matrix"]
    ]  # fmt: skip
    beyond = np.array(least) > critical
    # What is kept and rejected all the same lies within two points of an end.
    assert (kept & beyond).sum() <= 6 and sorted(asked) == list(np.flatnonzero(kept))
