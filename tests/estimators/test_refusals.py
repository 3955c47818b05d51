"""What a referee found: choices that were ignored, cohorts that vanished, averages over the wrong cells."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import (
    aft_weibull,
    borusyak_jaravel_spiess,
    callaway_santanna,
    cox,
    de_chaisemartin_dhaultfoeuille,
    discrete_time_hazard,
    extended_two_way_fixed_effects,
    first_difference,
    fixed_effects,
    fractional_response,
    gardner_two_stage,
    goodman_bacon,
    kaplan_meier,
    local_projections_did,
    log_rank,
    mixture_cure_regression,
    poisson_pseudo_likelihood,
    pooled,
    random_effects,
    recurrent_events,
    stacked_did,
    sun_abraham,
    synthetic_cases,
    triple_difference,
    two_stage_least_squares,
    two_way_fixed_effects,
)

pytestmark = pytest.mark.fast


def panel(effect=lambda e: 1.0, periods=range(1, 11), cohorts=(4, 6, 8, 0), units=60):
    """Noise-free: unit and period effects and `effect(event time)` from the cohort on."""
    rows = []
    for unit in range(units):
        g = cohorts[unit % len(cohorts)]
        rows += [
            (f"u{unit:02d}", t, unit + 0.3 * t + (effect(t - g) if g and t >= g - 1 else 0.0), g, int(g > 0 and t >= g)) for t in periods
        ]
    data = pd.DataFrame(rows, columns=["unit", "time", "y", "cohort", "d"])
    data["region"] = data["unit"].str.slice(1).astype(int) // 4
    data["area"] = data["unit"].str.slice(1).astype(int) // 8
    return data


def after(value=1.0, slope=0.0):
    return lambda e: value + slope * e if e >= 0 else 0.0


def run(module, data, **given):
    fields = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "cohort"} | given
    fields = {key: value for key, value in fields.items() if value}
    return module.estimate(data, Specification("test", module.__name__.rsplit(".", 1)[-1], **fields))


def att(rows):
    return next(row for row in rows if row["term"] == "att")


def test_units_that_anticipate_are_no_controls():
    data = panel(lambda e: 1.0)
    for control_group in ("never_treated", "not_yet_treated"):
        rows = run(callaway_santanna, data, options={"anticipation": 1, "control_group": control_group})
        assert att(rows)["estimate"] == pytest.approx(1.0)
    with pytest.raises(BadOption, match="at least 0"):
        run(callaway_santanna, data, options={"anticipation": -2})


def test_the_date_of_treatment_comes_from_rows_without_an_outcome_too():
    data = panel(after(1.0, 0.5))
    odd = data["unit"].str.slice(1).astype(int) % 8 < 4
    data.loc[(data["time"] == data["cohort"]) & odd, "y"] = np.nan
    for module in (callaway_santanna, borusyak_jaravel_spiess, gardner_two_stage, sun_abraham):
        by_cohort = run(module, data, options={"aggregation": "dynamic"})
        by_treatment = run(module, data, cohort="", treatment="d", options={"aggregation": "dynamic"})
        assert att(by_treatment)["estimate"] == pytest.approx(att(by_cohort)["estimate"])
        assert att(by_treatment)["n_treated"] == att(by_cohort)["n_treated"]


def test_periods_may_be_negative_and_broken_cohorts_are_refused():
    data = panel(after())
    shifted = data.assign(time=lambda d: d["time"] - 6)
    plain, moved = (run(callaway_santanna, table, cohort="", treatment="d") for table in (data, shifted))
    assert [row["estimate"] for row in moved] == [row["estimate"] for row in plain]
    with pytest.raises(NotIdentified, match="whole periods"):
        run(callaway_santanna, panel(after()).assign(cohort=lambda d: d["cohort"].replace(4, 4.5)))


@pytest.mark.parametrize("module", [sun_abraham, local_projections_did, stacked_did])
def test_a_cohort_without_a_base_period_is_a_row_with_its_reason(module):
    data = panel(after()).query("cohort != 6 or time > 5")
    rows = run(module, data)
    assert any(row.get("cohort") == 6 and "no observed base period" in row.get("reason", "") for row in rows)
    assert att(rows)["estimate"] == pytest.approx(1.0)


def test_the_overall_dynamic_effect_does_not_depend_on_what_is_shown():
    data = panel(after(1.0, 0.5), periods=range(1, 16))
    wide = run(callaway_santanna, data, options={"aggregation": "dynamic", "event_window": [-9, 12]})
    narrow = run(callaway_santanna, data, options={"aggregation": "dynamic", "event_window": [-2, 2]})
    assert att(wide)["estimate"] == pytest.approx(att(narrow)["estimate"])
    assert {row["event_time"] for row in narrow if row["term"] == "event"} <= {-2, 0, 1, 2}
    with pytest.raises(BadOption, match="event_window"):
        run(callaway_santanna, data, options={"aggregation": "dynamic", "event_window": [-5, -2]})


def test_local_projections_weigh_only_treated_units_that_have_controls():
    data = panel(after(2.0, 1.0), cohorts=(4, 6, 8))
    rows = run(local_projections_did, data, options={"event_window": [-3, 4]})
    events = {row["event_time"]: row["estimate"] for row in rows if row["term"] == "event" and row["event_time"] >= 0}
    # At each horizon the cohorts that still have an untreated one beside them, twenty units each.
    compared = {0: 2, 1: 2, 2: 1, 3: 1}
    weights = {e: compared[e] for e in events}
    expected = sum(weights[e] * events[e] for e in events) / sum(weights.values())
    assert att(rows)["estimate"] == pytest.approx(expected)


@pytest.mark.parametrize("module", [borusyak_jaravel_spiess, gardner_two_stage, sun_abraham, local_projections_did, callaway_santanna])
def test_two_cluster_variables_are_refused_where_one_is_used(module):
    with pytest.raises(ValueError, match="one cluster variable"):
        run(module, panel(after()), cluster=("region", "area"))


def test_randomization_permutes_units_and_refuses_coarser_clusters():
    with pytest.raises(ValueError, match="no cluster but the unit"):
        run(callaway_santanna, panel(after()), cluster=("area",), options={"randomization_draws": 19})
    rows = run(two_way_fixed_effects, panel(after()), cluster=("area",), options={"randomization_draws": 19})
    assert any("permuted among units" in row.get("reason", "") for row in rows)


def test_choices_that_would_be_ignored_are_refused():
    data = panel(after())
    for options in ({"randomization_draws": 19}, {"wild_bootstrap_draws": 19}, {"few_treated": "conley_taber"}):
        with pytest.raises(ValueError, match="aggregation=simple"):
            run(two_way_fixed_effects, data, options=options | {"aggregation": "dynamic"})
    with pytest.raises(ValueError, match="aggregation=dynamic"):
        run(two_way_fixed_effects, data, options={"honest": [0.5]})
    with pytest.raises(ValueError, match="need aggregation=dynamic"):
        run(callaway_santanna, data, options={"pretrend_power": 0.5})
    with pytest.raises(BadOption, match="not both"):
        run(callaway_santanna, data, treatment="d")
    with pytest.raises(BadOption, match="lags belongs"):
        run(two_way_fixed_effects, data, cohort="", treatment="d", options={"lags": 5})
    with pytest.raises(ValueError, match="only the time column"):
        run(random_effects, data.assign(x=np.arange(len(data)) % 7), cohort="", controls=("x",), fixed_effects=("unit",))


def test_bounds_without_a_never_treated_unit_are_refused():
    data = panel(after(), cohorts=(4, 5, 8))
    data["y"] += np.random.default_rng(0).normal(size=len(data))
    rows = run(two_way_fixed_effects, data, options={"aggregation": "dynamic", "honest": [0.5], "pretrend_power": 0.5})
    assert any(row["term"] == "att_honest" and "trend in event time" in row.get("reason", "") for row in rows)
    assert not any(row["term"] == "pretrend_slope" for row in rows)


def test_cases_keep_their_names_when_a_unit_is_lost():
    data = panel(after(), cohorts=(6, 0, 0, 0), periods=range(1, 13))
    rng = np.random.default_rng(1)
    data["y"] = rng.normal(size=len(data)) + 50.0 * ((data["unit"] == "u04") & (data["d"] == 1))
    data["y"] = data["y"].mask(data["unit"] == "u01")
    case = {row["setting"]: row["estimate"] for row in run(synthetic_cases, data) if row["term"] == "case"}
    assert max(case, key=case.get) == "u04"


def test_the_order_of_rows_does_not_matter_where_something_is_drawn():
    data = panel(after())
    data["y"] += np.random.default_rng(2).normal(size=len(data))
    shuffled = data.sample(frac=1, random_state=3).reset_index(drop=True)
    options = {"bootstrap_draws": 99, "aggregation": "dynamic"}
    first, second = run(callaway_santanna, data, options=options), run(callaway_santanna, shuffled, options=options)
    for a, b in zip(first, second, strict=True):
        assert a["std_error"] == pytest.approx(b["std_error"], nan_ok=True)


def test_bands_of_90_percent_are_uniform_as_well():
    data = panel(after())
    data["y"] += np.random.default_rng(2).normal(size=len(data))
    rows = run(callaway_santanna, data, options={"bootstrap_draws": 999, "aggregation": "dynamic"})
    row = next(row for row in rows if row["inference"] == "multiplier_bootstrap" and row["term"] == "event")
    assert (row["ci90_high"] - row["ci90_low"]) / row["std_error"] > 2 * 1.9


def spells():
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {"t": rng.exponential(size=200), "e": rng.integers(0, 2, 200), "d": rng.integers(0, 2, 200), "s": rng.integers(0, 3, 200)}
    )


def lived(module, data, **given):
    return module.estimate(data, Specification("test", module.__name__.rsplit(".", 1)[-1], **({"duration": "t", "event": "e"} | given)))


def test_durations_refuse_what_they_would_ignore():
    data = spells()
    with pytest.raises(ValueError, match="not by both"):
        lived(log_rank, data, strata=("s",), treatment="d")
    with pytest.raises(ValueError, match="0/1"):
        lived(log_rank, data.assign(x=data["t"] * 2), treatment="x")
    with pytest.raises(NotIdentified, match="codes above 1"):
        lived(kaplan_meier, data.assign(e=data["e"] * 2))
    with pytest.raises(ValueError, match="no --event"):
        lived(aft_weibull, data.assign(u=data["t"] * 2), upper="u", treatment="d")
    with pytest.raises(ValueError, match="several rows"):
        lived(aft_weibull, data.assign(id=np.arange(200) // 2), treatment="d", unit="id")


def test_nothing_is_said_of_durations_beyond_the_last_one():
    rows = lived(kaplan_meier, spells(), options={"times": [100.0]})
    assert any("no spell is observed for 100" in row.get("reason", "") for row in rows)


def test_over_identification_is_not_tested_with_half_of_the_clusters():
    rng = np.random.default_rng(5)
    data = pd.DataFrame(rng.normal(size=(300, 2)), columns=["z1", "z2"]).assign(a=np.arange(300) % 20, b=np.arange(300) // 20)
    data["x"] = data["z1"] + data["z2"] + rng.normal(size=300)
    data["y"] = data["x"] + rng.normal(size=300)
    specification = Specification("t", "two_stage_least_squares", outcome="y", treatment="x", instruments=("z1", "z2"), cluster=("a", "b"))
    rows = {row["term"]: row for row in two_stage_least_squares.estimate(data, specification)}
    assert "one cluster variable" in rows["hansen_j"]["reason"]


def grouped(groups: int):
    """Firms in a few cities: years, a count, a treatment, spells."""
    rng = np.random.default_rng(8)
    data = pd.DataFrame({"i": np.repeat(np.arange(60), 6), "t": np.tile(np.arange(1, 7), 60)})
    data["c"] = data["i"] % groups
    data["g"] = np.where(data["i"] % 2, 4, 0)
    data["d"] = ((data["g"] > 0) & (data["t"] >= data["g"])).astype(int)
    data["x"] = rng.normal(size=len(data))
    data["y"] = rng.poisson(3, len(data)).astype(float)
    data["share"] = data["y"] / (1 + data["y"].max())
    return data.assign(start=data["t"] - 1, e=rng.integers(0, 2, len(data)))


ONE_CLUSTER = [
    (poisson_pseudo_likelihood, {"outcome": "y", "treatment": "d", "fixed_effects": ("i", "t")}),
    (two_way_fixed_effects, {"outcome": "y", "treatment": "d"}),
    (callaway_santanna, {"outcome": "y", "cohort": "g"}),
    (sun_abraham, {"outcome": "y", "cohort": "g"}),
    (gardner_two_stage, {"outcome": "y", "cohort": "g"}),
    (borusyak_jaravel_spiess, {"outcome": "y", "cohort": "g"}),
    (extended_two_way_fixed_effects, {"outcome": "y", "cohort": "g"}),
    (local_projections_did, {"outcome": "y", "cohort": "g"}),
    (fractional_response, {"outcome": "share", "treatment": "x"}),
    (cox, {"duration": "t", "entry": "start", "event": "e", "treatment": "d"}),
    (recurrent_events, {"duration": "t", "entry": "start", "event": "e", "controls": ("x",)}),
    (discrete_time_hazard, {"duration": "t", "entry": "start", "event": "e", "treatment": "x"}),
    (mixture_cure_regression, {"duration": "t", "event": "e", "treatment": "d"}),
]


@pytest.mark.parametrize(("module", "given"), ONE_CLUSTER, ids=lambda case: getattr(case, "__name__", "").rsplit(".", 1)[-1])
def test_one_cluster_has_no_variance_between_clusters(module, given):
    kept = {"unit": "i"} | ({} if "duration" in given else {"time": "t"})
    specification = Specification("t", module.__name__.rsplit(".", 1)[-1], **(kept | given), cluster=("c",))
    data = grouped(1)
    if module is not recurrent_events:  # elsewhere an end is the last of a history
        data["e"] = data["e"].where(~data.duplicated("i", keep="last"), 0)
    with pytest.raises(NotIdentified, match="fewer than two clusters"):
        module.estimate(data, specification)


def test_recurrent_events_say_their_clusters_and_use_t_with_few():
    about = {"unit": "i", "duration": "t", "entry": "start", "event": "e", "cluster": ("c",)}
    row = recurrent_events.estimate(grouped(4), Specification("t", "recurrent_events", controls=("x",), **about))[0]
    assert row["n_clusters"] == 4 and "n_treated_clusters" not in row
    assert row["ci_high"] - row["estimate"] == pytest.approx(stats.t(3).ppf(0.975) * row["std_error"])
    data = grouped(4)
    data["d"] = data["d"].where(data["c"] < 2, 0)
    row = recurrent_events.estimate(data, Specification("t", "recurrent_events", treatment="d", **about))[0]
    assert (row["n_clusters"], row["n_treated_clusters"]) == (4, 1)


@pytest.mark.parametrize("module", [pooled, fixed_effects, first_difference])
def test_a_regression_on_a_treatment_says_how_many_clusters_are_treated(module):
    data = grouped(12)
    name = module.__name__.rpartition(".")[2]
    (row,) = [
        row for row in module.estimate(data, Specification("t", name, "y", "i", "t", treatment="d", cluster=("c",))) if row["term"] == "d"
    ]
    assert (row["n_clusters"], row["n_treated_clusters"]) == (12, data.loc[data["d"] == 1, "c"].nunique())
    (row,) = [
        row for row in module.estimate(data, Specification("t", name, "y", "i", "t", treatment="x", cluster=("c",))) if row["term"] == "x"
    ]
    assert "n_treated_clusters" not in row  # nobody is untreated where the treatment is a number


def test_effective_clusters_of_a_treatment_give_the_degrees_of_t():
    data = grouped(12)
    about = {"outcome": "y", "unit": "i", "cluster": ("c",), "options": {"reference": "effective_clusters"}}
    ppml = {"treatment": "d", "fixed_effects": ("i", "t")}
    row = poisson_pseudo_likelihood.estimate(data, Specification("t", "poisson_pseudo_likelihood", **about, **ppml))[0]
    # Treated firms have odd numbers, so that they are spread evenly over six of twelve cities.
    assert row["ci_high"] - row["estimate"] == pytest.approx(stats.t(5).ppf(0.975) * row["std_error"])
    row = poisson_pseudo_likelihood.estimate(data, Specification("t", "poisson_pseudo_likelihood", **about, treatment="x"))[0]
    assert row["ci_high"] - row["estimate"] == pytest.approx(stats.t(11).ppf(0.975) * row["std_error"])


@pytest.mark.parametrize(
    ("module", "options", "beside"),
    [
        (two_way_fixed_effects, {"wild_weights": "rademacher"}, "wild_bootstrap_draws"),
        (two_way_fixed_effects, {"few_treated_draws": 99}, "few_treated"),
        (two_way_fixed_effects, {"event_window": [-3, 3]}, "aggregation=dynamic"),
        (two_way_fixed_effects, {"aggregation": "dynamic", "honest_target": "first"}, "honest or honest_smoothness or breakdown"),
        (callaway_santanna, {"aggregation": "group", "event_window": [-3, 3]}, "aggregation=dynamic"),
        (borusyak_jaravel_spiess, {"pretrends": True}, "aggregation=dynamic"),
        (two_way_fixed_effects, {"two_way": "own"}, "two cluster variables"),
    ],
)
def test_an_option_that_changes_nothing_is_refused_with_what_it_belongs_to(module, options, beside):
    with pytest.raises(BadOption, match=beside):
        run(module, panel(), options=options)


def test_an_option_beside_what_it_belongs_to_is_taken():
    data = panel(after()).assign(y=lambda d: d["y"] + np.sin(np.arange(len(d))))
    rows = run(two_way_fixed_effects, data, options={"wild_bootstrap_draws": 19, "wild_weights": "rademacher"})
    assert [row["inference"] for row in rows] == ["cluster", "wild_cluster_bootstrap"]
    found = run(
        callaway_santanna, data, cluster=("region",), options={"aggregation": "dynamic", "event_window": [-1, 1], "leave_one_out": True}
    )
    assert sum(row["term"] == "att_without" for row in found) == len(set(data.loc[data["cohort"] > 0, "region"]))


@pytest.mark.parametrize(("module", "field"), [(triple_difference, "weights"), (synthetic_cases, "controls"), (goodman_bacon, "weights")])
def test_a_field_that_a_method_makes_no_use_of_is_refused(module, field):
    options = {"eligible": "d"} if module is triple_difference else {}
    with pytest.raises(BadOption, match=f"makes no use of --{field}"):
        run(module, panel(), options=options, **{field: "region" if field == "weights" else ("region",)})


def test_the_unit_as_cluster_and_its_own_effects_are_no_mistake():
    plain = run(synthetic_cases, panel(after()))
    named = run(synthetic_cases, panel(after()), cluster=("unit",), fixed_effects=("unit", "time"))
    assert plain == named


@pytest.mark.parametrize(("change", "code"), [(lambda d: d["d"] * 0.5, "DOSE"), (lambda d: d["d"] * (d["time"] < 10), "SWITCH")])
def test_a_treatment_that_cannot_be_permuted_keeps_its_estimate(change, code):
    data = panel(after()).assign(d=change, y=lambda d: d["y"] + np.sin(np.arange(len(d))))
    plain = run(two_way_fixed_effects, data, cohort="", treatment="d")
    rows = run(two_way_fixed_effects, data, cohort="", treatment="d", options={"randomization_draws": 19})
    assert rows[:-1] == plain
    assert rows[-1]["reason_code"] == code and rows[-1]["inference"] == "randomization_t"


@pytest.mark.parametrize("module", [borusyak_jaravel_spiess, gardner_two_stage, callaway_santanna, de_chaisemartin_dhaultfoeuille])
def test_few_clusters_beside_a_normal_reference_are_said(module):
    data = panel(after()).assign(y=lambda d: d["y"] + np.sin(7 * np.arange(len(d))))
    few, many = (att(run(module, data, cluster=(cluster,))) for cluster in ("area", "region"))
    assert (few["reason_code"], many.get("reason_code")) == ("FEW", None) and few["reason"].startswith("8 clusters")
    assert (few["ci_high"] - few["ci_low"]) / few["std_error"] == pytest.approx(2 * 1.959963984540054)


@pytest.mark.parametrize("covariance", ["unadjusted", "hc1", "hc3", "driscoll_kraay"])
def test_a_cluster_beside_a_variance_without_clusters_is_refused(covariance):
    with pytest.raises(BadOption, match=f"covariance={covariance} makes no use of --cluster"):
        run(two_way_fixed_effects, panel(), cluster=("region",), options={"covariance": covariance})


def test_without_units_never_treated_the_other_controls_are_named():
    data = panel(after(), cohorts=(4, 6, 8)).assign(y=lambda d: d["y"] + np.sin(np.arange(len(d))))
    with pytest.raises(NotIdentified, match="control_group=not_yet_treated"):
        run(callaway_santanna, data)
    assert np.isfinite(att(run(callaway_santanna, data, options={"control_group": "not_yet_treated"}))["std_error"])
