"""The mixture cure regression, recurrent events with rows split, and synthetic control case by case."""

import numpy as np
import pandas as pd
import pytest
from lifelines import MixtureCureFitter, WeibullAFTFitter, WeibullFitter

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import mixture_cure_regression, recurrent_events, synthetic_cases, synthetic_control
from analysis.simulations.data_generating_processes import censored_cycles

pytestmark = pytest.mark.fast


def fit(module, panel, **given):
    options = given.pop("options", {})
    specification = Specification("test", module.__name__.rsplit(".", 1)[-1], options=options, **given)
    return {row["term"]: row for row in module.estimate(panel, specification)}


@pytest.fixture(scope="module")
def cycles():
    return censored_cycles.simulate(np.random.default_rng(5), -0.3, 4000)[0]


def test_without_covariates_it_is_the_librarys_mixture_cure_model(cycles):
    panel = cycles[cycles["exposed"] == 0].assign(none=0.0)
    panel["noise"] = np.random.default_rng(0).normal(size=len(panel)) * 1e-9  # a covariate of no size
    ours = fit(mixture_cure_regression, panel, duration="duration", event="event", controls=("noise",))
    theirs = MixtureCureFitter(base_fitter=WeibullFitter()).fit(panel["duration"], panel["event"])
    share = 1 / (1 + np.exp(-ours["ends:const"]["estimate"]))
    assert share == pytest.approx(1 - theirs.cured_fraction_, abs=2e-3)
    assert np.exp(ours["const"]["estimate"]) == pytest.approx(theirs.lambda_, rel=5e-3)
    assert np.exp(-ours["log_scale"]["estimate"]) == pytest.approx(theirs.rho_, rel=5e-3)


def test_where_everybody_ends_it_is_the_accelerated_failure_time_model():
    rng = np.random.default_rng(1)
    d = rng.integers(0, 2, 3000)
    length = np.exp(1.0 - 0.4 * d) * rng.weibull(1.5, 3000)
    panel = pd.DataFrame({"d": d, "duration": np.minimum(length, 6.0), "event": (length <= 6.0).astype(int)})
    # A few that never end keep the share inside its range.
    panel = pd.concat([panel, pd.DataFrame({"d": [0, 1] * 5, "duration": 60.0, "event": 0})], ignore_index=True)
    ours = fit(mixture_cure_regression, panel, duration="duration", event="event", treatment="d")
    theirs = WeibullAFTFitter().fit(panel[:3000], "duration", "event").params_
    assert ours["d"]["estimate"] == pytest.approx(theirs["lambda_", "d"], abs=0.01)


@pytest.mark.parametrize("distribution", ["weibull", "loglogistic", "lognormal"])
def test_narrow_intervals_give_what_exact_durations_give(cycles, distribution):
    given = {"treatment": "exposed", "controls": ("issuer",), "options": {"distribution": distribution}}
    panel = cycles.assign(upper=np.where(cycles["event"] == 1, cycles["duration"] * 1.0005, np.nan))
    try:
        exact = fit(mixture_cure_regression, panel, duration="duration", event="event", **given)
    except NotIdentified:
        pytest.skip("this shape puts the share at its edge on these data")
    intervals = fit(mixture_cure_regression, panel, duration="duration", upper="upper", **given)
    assert intervals["exposed"]["estimate"] == pytest.approx(exact["exposed"]["estimate"], abs=2e-3)
    assert intervals["exposed"]["std_error"] == pytest.approx(exact["exposed"]["std_error"], rel=0.01)


def test_errors_equal_the_inverse_of_the_numerical_hessian_when_the_model_is_right(cycles):
    rows = fit(mixture_cure_regression, cycles, duration="duration", event="event", treatment="exposed", controls=("issuer",))
    draws = []
    for seed in range(40):
        panel = censored_cycles.simulate(np.random.default_rng(100 + seed), -0.3, 4000)[0]
        found = fit(mixture_cure_regression, panel, duration="duration", event="event", treatment="exposed", controls=("issuer",))
        draws.append(found["exposed"]["estimate"])
    assert np.mean(draws) == pytest.approx(-0.3, abs=0.04)
    assert rows["exposed"]["std_error"] == pytest.approx(np.std(draws), rel=0.35)


def test_a_share_that_cannot_be_seen_is_refused():
    """Where every duration ends, the share that never does lies at its edge."""
    rng = np.random.default_rng(2)
    panel = pd.DataFrame({"d": rng.integers(0, 2, 400), "duration": rng.weibull(1.5, 400), "event": 1})
    with pytest.raises(NotIdentified, match="inner maximum"):
        fit(mixture_cure_regression, panel, duration="duration", event="event", treatment="d")


def repeated(seed=3, units=150):
    rng = np.random.default_rng(seed)
    rows = []
    for unit in range(units):
        x, clock = rng.normal(), 0.0
        while clock < 10:
            stop = min(clock + rng.exponential(3 * np.exp(-0.4 * x)), 10.0)
            rows.append((unit, clock, stop, int(stop < 10), x))
            clock = stop
    return pd.DataFrame(rows, columns=["unit", "start", "stop", "event", "x"])


@pytest.mark.parametrize("model", ["andersen_gill", "pwp_total", "pwp_gap"])
def test_rows_split_between_events_change_nothing(model):
    whole = repeated()
    cut = (whole["start"] + whole["stop"]) / 2
    first, second = whole.assign(stop=cut, event=0), whole.assign(start=cut)
    split = pd.concat([first, second]).sort_values(["unit", "start"], ignore_index=True)
    given = {"unit": "unit", "entry": "start", "duration": "stop", "event": "event", "controls": ("x",), "options": {"model": model}}
    a, b = fit(recurrent_events, whole, **given)["x"], fit(recurrent_events, split, **given)["x"]
    assert b["estimate"] == pytest.approx(a["estimate"], abs=1e-8)
    assert b["std_error"] == pytest.approx(a["std_error"], rel=1e-6)


def test_a_single_case_with_every_control_is_the_synthetic_control():
    rng = np.random.default_rng(4)
    factor = np.cumsum(rng.normal(size=(2, 16)), axis=1)
    rows = [
        (f"u{i}", t, load @ factor[:, t] + rng.normal() * 0.1 + 2.0 * (i == 0 and t >= 11), 11 if i == 0 else 0)
        for i, load in enumerate(rng.uniform(0, 1, (25, 2)))
        for t in range(16)
    ]
    panel = pd.DataFrame(rows, columns=["unit", "time", "y", "cohort"])
    given = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "cohort"}
    whole = fit(synthetic_control, panel, **given)["att"]
    case = fit(synthetic_cases, panel, options={"donors": 24}, **given)["case"]
    assert case["estimate"] == pytest.approx(whole["estimate"], abs=1e-6)
    assert case["p_value"] == whole["p_value"]
    assert abs(case["estimate"] - 2.0) < 0.5


def test_spells_without_a_covariate_of_the_share_are_counted(cycles):
    spells = cycles.head(400).assign(z=np.random.default_rng(3).normal(size=400))
    given = {"duration": "duration", "event": "event", "treatment": "exposed", "options": {"share_controls": ["z"]}}
    blank = fit(mixture_cure_regression, spells.assign(z=spells["z"].where(np.arange(400) >= 7)), **given)
    plain = fit(mixture_cure_regression, spells.iloc[7:], **given)
    assert blank["exposed"]["estimate"] == plain["exposed"]["estimate"]
    assert blank["exposed"]["left_out"] == "7 rows without z" and "left_out" not in plain["exposed"]
