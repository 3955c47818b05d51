"""The accelerated clock: its likelihood written out, the models it contains, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import accelerated_exposure, aft_lognormal, mixture_cure_regression
from analysis.inference.accelerated_clock import Clock, ClockProblem
from analysis.inference.clock_randomization import Design, p_value
from analysis.inference.cluster import cluster_sums
from analysis.inference.cure_likelihood import Spells
from analysis.inference.cure_maximum import maximise
from analysis.simulations.data_generating_processes import exposure_under_way

pytestmark = pytest.mark.fast

FIELDS = {"unit": "project", "entry": "start", "duration": "stop", "event": "ended", "treatment": "exposed"}


def fit(panel, module=accelerated_exposure, fields=FIELDS, **given):
    options = given.pop("options", {})
    specification = Specification("test", module.__name__.rsplit(".", 1)[-1], options=options, seed=3, **{**fields, **given})
    return {(row["term"], row["inference"]): row for row in module.estimate(panel, specification)}


@pytest.fixture(scope="module")
def rows():
    return exposure_under_way.simulate(np.random.default_rng(5), -0.4, 1500)[0]


@pytest.fixture(scope="module")
def projects(rows):
    """Return one row a project: months without exposure and under it, and whether it ended."""
    under = ((rows["stop"] - rows["start"]) * rows["exposed"]).groupby(rows["project"]).sum()
    last = rows.drop_duplicates("project", keep="last").set_index("project")
    return last.assign(under=under, without=last["stop"] - under)


def log_likelihood(theta, p):
    """Return it by row: the density of age is that of own time times its pace, and a share never ends."""
    p = {name: p[name].to_numpy(float) for name in ("without", "under", "event_firm", "exposed", "ended")}
    location, scale, slower, odds, effect = theta[0], np.exp(theta[1]), theta[2], theta[3], theta[4]
    own = p["without"] + np.exp(-effect) * p["under"]
    w = (np.log(own) - location - slower * p["event_firm"]) / scale
    share = 1 / (1 + np.exp(-odds))
    dated = np.log(share) + w - np.exp(w) - np.log(scale) - np.log(own) - effect * p["exposed"]
    return np.where(p["ended"] == 1, dated, np.log(1 - share + share * np.exp(-np.exp(w))))


def test_it_is_the_maximum_of_the_likelihood_written_out(rows, projects):
    ours = fit(rows, controls=("event_firm",))
    start = [4.0, -0.3, 0.2, 0.0, -0.3]
    best = minimize(
        lambda theta: -log_likelihood(theta, projects).sum(),
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 5000, "maxfev": 5000},
    )
    terms = ("const", "log_scale", "event_firm", "ends:const", "exposed")
    assert [ours[t, "cluster"]["estimate"] for t in terms] == pytest.approx(best.x, abs=2e-5)


def test_errors_are_the_sandwich_of_numerical_derivatives(rows, projects):
    ours = fit(rows, controls=("event_firm",))
    terms = ("const", "log_scale", "event_firm", "ends:const", "exposed")
    theta, step = np.array([ours[t, "cluster"]["estimate"] for t in terms]), 1e-4
    moves = np.eye(5) * step

    def scores(at):
        up, down = (np.array([log_likelihood(at + sign * move, projects) for move in moves]) for sign in (1, -1))
        return ((up - down) / (2 * step)).T

    hessian = np.array([(scores(theta + move) - scores(theta - move)).sum(0) / (2 * step) for move in moves])
    each = scores(theta)
    variance = np.linalg.inv(hessian) @ each.T @ each @ np.linalg.inv(hessian)
    assert [ours[t, "cluster"]["std_error"] for t in terms] == pytest.approx(np.sqrt(np.diag(variance)), rel=1e-3)


@pytest.mark.parametrize("distribution", ["weibull", "lognormal", "loglogistic"])
def test_exposure_from_the_start_is_a_covariate_of_the_mixture_cure_model(projects, distribution):
    whole = projects.reset_index().assign(start=0.0, stop=projects["without"].to_numpy() + projects["under"].to_numpy())
    whole["exposed"] = whole["project"] % 2
    options = {"distribution": distribution, "share_controls": ["event_firm"]}
    try:
        theirs = fit(whole, mixture_cure_regression, {k: v for k, v in FIELDS.items() if k != "entry"}, cluster=("firm",), options=options)
    except NotIdentified:
        pytest.skip("this shape puts the share at its edge on these data")
    ours = fit(whole, cluster=("firm",), options=options)
    for key, row in theirs.items():
        assert ours[key]["estimate"] == pytest.approx(row["estimate"], abs=1e-7), key
        assert ours[key]["std_error"] == pytest.approx(row["std_error"], rel=1e-6), key


def test_without_a_share_it_is_the_accelerated_failure_time_model(projects):
    whole = projects.reset_index().assign(start=0.0, stop=projects["without"].to_numpy() + projects["under"].to_numpy())
    whole["exposed"] = whole["project"] % 2
    ours = fit(whole, options={"never_ends": False, "distribution": "lognormal"})
    theirs = fit(whole, aft_lognormal, {k: v for k, v in FIELDS.items() if k != "entry"})
    for (term, _), row in theirs.items():
        assert ours[term, "cluster"]["estimate"] == pytest.approx(row["estimate"], abs=1e-7), term


def test_a_stretch_cut_in_two_changes_nothing(rows):
    cut = rows["stop"] - rows["start"] > 10
    first = rows.assign(stop=rows["stop"].where(~cut, rows["start"] + 5), ended=rows["ended"].where(~cut, 0))
    both = pd.concat([first, rows[cut].assign(start=rows["start"] + 5)])
    one, two = fit(rows, cluster=("firm",)), fit(both, cluster=("firm",))
    assert all(two[key]["estimate"] == pytest.approx(one[key]["estimate"], abs=1e-9) for key in one)


def test_the_score_of_the_randomization_is_that_of_the_likelihood(projects):
    """At no effect the one-step t-ratio by the full likelihood, without the shortcut that draws take."""
    months = (projects["without"] + projects["under"]).to_numpy()
    ended, x = projects["ended"].to_numpy() == 1, np.column_stack([projects["event_firm"], np.ones(len(projects))])
    one = np.ones((len(projects), 1))
    day = projects.groupby("firm")["exposed_on"].first()
    clusters = day.index.get_indexer(projects["firm"])
    design = Design(projects["begun"].to_numpy(), months, ended, x, one, clusters, day.to_numpy(), None, False)
    _, draws, actual = p_value(design, "weibull", 9, 1)
    clock = Clock(projects["without"].to_numpy(), projects["under"].to_numpy(), ended, projects["exposed"].to_numpy() == 1)
    null = maximise(Spells.between(months, np.where(ended, months, np.inf)), "weibull", x, one)
    problem = ClockProblem.of_clock("weibull", clock, x, one)
    at = problem.at(np.linalg.solve(problem.back, np.append(null.theta, 0.0) - problem.shift))
    bread = np.linalg.inv(problem.slopes(at)[1])
    influence = cluster_sums(problem.scores(at), clusters) @ bread[:, -1]
    assert actual == pytest.approx(influence.sum() / np.sqrt((influence**2).sum()), rel=1e-6)
    assert draws == 9


def test_one_exposed_cluster_has_nothing_to_permute(rows):
    few = rows[(rows["event_firm"] == 0) | (rows["firm"] == rows.loc[rows["exposed"] == 1, "firm"].min())]
    options = {"randomization_draws": 19, "origin": "begun", "exposed_on": "exposed_on"}
    found = fit(few, cluster=("firm",), options=options)
    assert found["exposed", "randomization_score"]["p_value"] == 1.0


def test_a_strong_effect_is_told_by_permuted_days(rows):
    strong = exposure_under_way.simulate(np.random.default_rng(7), -1.5, 2000)[0]
    options = {"randomization_draws": 99, "origin": "begun", "exposed_on": "exposed_on"}
    found = fit(strong, cluster=("firm",), controls=("event_firm",), options=options)
    assert found["exposed", "randomization_score"]["p_value"] <= 0.05


def test_stretches_that_cannot_be_meant_are_refused(rows):
    late = rows.assign(start=rows["start"].where(rows["start"] > 0, rows["stop"] / 2))
    with pytest.raises(NotIdentified, match="is not followed from 0 on"):
        fit(late)
    with pytest.raises(NotIdentified, match="changes within unit"):
        fit(rows.assign(x=rows["exposed"] * rows["stop"]), controls=("x",))
    with pytest.raises(NotIdentified, match="the same in every stretch"):
        fit(rows.assign(exposed=0))
    with pytest.raises(BadOption, match="without units that never end"):
        fit(rows, options={"never_ends": False, "exposed_share": True})
    with pytest.raises(BadOption, match="origin and exposed_on"):
        fit(rows, options={"randomization_draws": 9})
