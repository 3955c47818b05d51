"""The command line on files that have nothing to do with the study: results, and one line for every mistake."""

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.core.catalogue import ROOT, modules
from analysis.core.method import method_of
from analysis.simulations.data_generating_processes import late_treatment, spells, staggered


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    """A panel of shops (SIMULATED): text names, a dose, a city, weights."""
    data = staggered.simulate(np.random.default_rng(1), 0.5)[0]
    generator = np.random.default_rng(2)
    data = data.rename(columns={"unit": "shop", "time": "week", "y": "sales", "cohort": "opened", "d": "open"})
    data["shop"] = "shop " + data["shop"].astype(str)
    data["city"] = "city " + (pd.factorize(data["shop"])[0] % 12).astype(str)
    data["size"] = generator.normal(size=80)[pd.factorize(data["shop"])[0]]
    data["z"] = generator.normal(size=len(data))
    data["price"] = data["z"] + generator.normal(size=len(data))
    data["count"] = generator.poisson(np.exp(0.1 * data["price"]))
    data["share"] = 1 / (1 + np.exp(-data["sales"]))
    data["eligible"] = pd.factorize(data["shop"])[0] % 2
    path = tmp_path_factory.mktemp("shops") / "shops.csv"
    data.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def lives(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lives")
    spells.simulate(np.random.default_rng(1), 0.5)[0].assign(kind=lambda d: d["event"] * (1 + d["unit"] % 2)).to_csv(
        folder / "lives.csv", index=False
    )
    late_treatment.simulate(np.random.default_rng(1), 0.5)[0].to_parquet(folder / "late.parquet", index=False)
    return folder


def command(*arguments):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = main([str(a) for a in arguments])
        except SystemExit as stop:  # argparse
            status = stop.code
    return status, out.getvalue(), err.getvalue()


def estimated(path, *arguments, tmp_path):
    out = tmp_path / "estimates.csv"
    status, _, err = command("estimate", path, *arguments, "--out", out)
    assert status == 0, err
    return pd.read_csv(out)


PANEL = ["--outcome", "sales", "--unit", "shop", "--time", "week"]
COHORT = [*PANEL, "--cohort", "opened"]
STATIC = ["--outcome", "sales", "--unit", "shop", "--time", "week", "--treatment", "price"]
RUNS = {
    "callaway_santanna": [
        *COHORT,
        "--controls",
        "size",
        "--fixed-effects",
        "shop,week",
        "--cluster",
        "shop",
        "--option",
        "aggregation=dynamic",
    ],
    "sun_abraham": [*COHORT, "--cluster", "city", "--option", "aggregation=dynamic"],
    "borusyak_jaravel_spiess": [*COHORT, "--option", "aggregation=dynamic"],
    "gardner_two_stage": [*COHORT, "--option", "aggregation=group", "--controls", "z"],
    "extended_two_way_fixed_effects": [*COHORT, "--option", "aggregation=calendar"],
    "local_projections_did": [*COHORT, "--option", "event_window=[-2, 3]"],
    "stacked_did": [*COHORT, "--option", "event_window=[-2, 2]", "--option", "effect_window=[0, 2]"],
    "de_chaisemartin_dhaultfoeuille": [*PANEL, "--treatment", "open", "--cluster", "city", "--option", "effects=2"],
    "goodman_bacon": COHORT,
    "triple_difference": [*COHORT, "--option", "eligible=eligible"],
    "two_way_fixed_effects": [*PANEL, "--treatment", "open", "--cluster", "city", "--option", "wild_bootstrap_draws=99"],
    "romano_wolf": [*COHORT, "--option", "outcomes=[price, z]", "--option", "draws=99"],
    "romano_wolf_cohorts": [*COHORT, "--option", "outcomes=[price, z]", "--option", "draws=49"],
    "fixed_effects": [*STATIC, "--fixed-effects", "shop,week", "--cluster", "shop,week"],
    "first_difference": [*STATIC, "--option", "covariance=hc1"],
    "pooled": [*STATIC, "--option", "covariance=driscoll_kraay"],
    "between": STATIC,
    "random_effects": [*STATIC, "--cluster", "city"],
    "mundlak": STATIC,
    "hausman": STATIC,
    "panel_diagnostics": STATIC,
    "two_stage_least_squares": [*STATIC, "--instruments", "z", "--controls", "size", "--cluster", "shop"],
    "arellano_bond": [*STATIC, "--option", "collapse=true"],
    "blundell_bond": [*STATIC, "--option", "collapse=true", "--option", "steps=one"],
    "poisson_pseudo_likelihood": ["--outcome", "count", *STATIC[2:], "--fixed-effects", "shop,week"],
    "fractional_response": ["--outcome", "share", *STATIC[2:], "--option", "unit_means=true"],
    "quantile_regression": [*STATIC, "--option", "quantile=0.25", "--option", "bootstrap_draws=9"],
}
SPELL = ["--duration", "duration", "--event", "event"]
LIVES = {
    "cox": [*SPELL, "--treatment", "d"],
    "aft_weibull": [*SPELL, "--treatment", "d"],
    "aft_lognormal": [*SPELL, "--treatment", "d", "--option", "covariance=robust"],
    "aft_loglogistic": ["--duration", "lower", "--upper", "upper", "--treatment", "d"],
    "discrete_time_hazard": ["--duration", "years", "--event", "event", "--treatment", "d", "--option", "baseline=log"],
    "kaplan_meier": [*SPELL, "--strata", "d"],
    "log_rank": [*SPELL, "--strata", "d"],
    "restricted_mean_survival": [*SPELL, "--strata", "d"],
    "competing_risks": ["--duration", "duration", "--event", "kind", "--strata", "d"],
    "fine_gray": ["--duration", "duration", "--event", "event", "--treatment", "d"],
    "gray_test": ["--duration", "duration", "--event", "kind", "--strata", "d"],
    "mixture_cure": SPELL,
}


@pytest.mark.parametrize("estimator", RUNS)
def test_a_panel_of_shops(shops, tmp_path, estimator):
    table = estimated(shops, "--estimator", estimator, *RUNS[estimator], tmp_path=tmp_path)
    assert table["estimate"].notna().any() and (table["evidence"] == "real").all()
    if "--cohort" in RUNS[estimator] and not estimator.startswith("romano_wolf"):
        assert table.loc[table["term"] == "att", "estimate"].notna().all()


@pytest.mark.parametrize("estimator", LIVES)
def test_a_file_of_durations(lives, tmp_path, estimator):
    table = estimated(lives / "lives.csv", "--estimator", estimator, *LIVES[estimator], tmp_path=tmp_path)
    assert table["estimate"].notna().any()


@pytest.mark.parametrize("estimator", ["cox", "recurrent_events"])
def test_stretches_of_a_parquet_file(lives, tmp_path, estimator):
    flags = ["--unit", "unit", "--entry", "start", "--duration", "stop", "--event", "event", "--treatment", "d"]
    table = estimated(lives / "late.parquet", "--estimator", estimator, *flags, tmp_path=tmp_path)
    assert table.loc[table["term"] == "d", "inference"].item() == "cluster"


def test_synthetic_methods(shops, tmp_path):
    data = pd.read_csv(shops)
    few = data[(data["opened"] == 0) | data["shop"].isin([f"shop {i}" for i in (0, 1, 20)])]
    path = tmp_path / "few.csv"
    few.to_csv(path, index=False)
    table = estimated(path, "--estimator", "synthetic_did", *COHORT, "--option", "placebo_draws=9", tmp_path=tmp_path)
    assert table["estimate"].notna().all() and set(table["term"]) == {"att", "group"}
    table = estimated(path, "--estimator", "synthetic_control", *COHORT, tmp_path=tmp_path)
    assert table["reason_code"].iloc[0] == "COHORT"  # two dates
    few[few["shop"] != "shop 20"].to_csv(path, index=False)
    table = estimated(path, "--estimator", "synthetic_control", *COHORT, tmp_path=tmp_path)
    # Three periods before and two dozen controls: many weights match them, and the fit is exact.
    found = table.set_index("term")
    assert found.loc["att_lowest", "estimate"] < found.loc["att", "estimate"] < found.loc["att_highest", "estimate"]
    assert found.loc["att", "reason_code"] == "WEIGHTS" and np.isnan(found.loc["att", "p_value"])
    table = estimated(shops, "--estimator", "synthetic_did", *COHORT, tmp_path=tmp_path)
    assert table["reason_code"].iloc[0] == "SUPPORT"  # more treated than controls: no placebos


def test_every_estimator_declares_itself():
    status, out, _ = command("estimators")
    assert status == 0
    for name in modules("estimator"):
        method = method_of(name)
        assert method.title and method.citation and method.library
        assert f"\n{name}\n" in f"\n{out}"
        for option in method.options:
            assert f"--option {option}=" in out


def mistakes(path):
    base = ["estimate", path, "--estimator", "callaway_santanna"]
    return {
        "no such file": (
            ["estimate", "nowhere.csv", "--estimator", "pooled", "--outcome", "y", "--controls", "x"],
            "nowhere.csv: no such file",
        ),
        "estimator": (["estimate", path, "--estimator", "calaway"], "Did you mean 'callaway_santanna'"),
        "column": ([*base, "--outcome", "sale", *COHORT[2:]], "Did you mean 'sales'"),
        "text": ([*base, "--outcome", "city", *COHORT[2:]], "row 2, column 'city', value 'city 0': --outcome needs numbers"),
        "needed": ([*base, *PANEL], "needs --cohort or --treatment"),
        "useless": ([*base, *COHORT, "--strata", "city"], "makes no use of --strata"),
        "effects": ([*base, *COHORT, "--fixed-effects", "city"], "makes no use of --fixed-effects"),
        "option name": ([*base, *COHORT, "--option", "agregation=dynamic"], "Did you mean 'aggregation'"),
        "option value": ([*base, *COHORT, "--option", "aggregation=daily"], "it must be simple, dynamic"),
        "option kind": ([*base, *COHORT, "--option", "bootstrap_draws=many"], "it must be a whole number"),
        "option form": ([*base, *COHORT, "--option", "dynamic"], "write NAME=VALUE"),
        "two clusters": (["estimate", path, "--estimator", "sun_abraham", *COHORT, "--cluster", "shop,city"], "one cluster variable"),
    }


@pytest.mark.parametrize("mistake", list(mistakes("")))
def test_a_mistake_ends_in_one_line(shops, mistake):
    arguments, message = mistakes(shops)[mistake]
    status, out, err = command(*arguments)
    assert status == 2 and not out
    lines = [line for line in err.splitlines() if not line.startswith("note: ")]
    assert len(lines) == 1 and lines[0].startswith("error: ") and message in lines[0]


def corrupted(data, how):
    if how == "repeated":
        return pd.concat([data, data.iloc[[4]]])
    if how == "half a week":
        return data.assign(week=data["week"] + 0.5)
    if how == "infinite":
        return data.assign(sales=data["sales"].replace(data["sales"].iloc[0], np.inf))
    raise AssertionError(how)


@pytest.mark.parametrize(
    ("how", "message"),
    [("repeated", "a unit has one row per period"), ("half a week", "needs whole numbers"), ("infinite", "needs numbers")],
)
def test_a_bad_file_ends_in_one_line(shops, tmp_path, how, message):
    path = tmp_path / "bad.csv"
    corrupted(pd.read_csv(shops), how).to_csv(path, index=False)
    status, _, err = command("estimate", path, "--estimator", "two_way_fixed_effects", *COHORT)
    assert status == 2 and message in err and "row" in err and err.count("\n") == 1


REFUSALS = {
    "switches off": (lambda d: d.assign(open=np.where(d["week"] == 10, 0, d["open"])), [*PANEL, "--treatment", "open"], "SWITCH"),
    "a dose": (lambda d: d.assign(open=d["open"] * 0.5), [*PANEL, "--treatment", "open"], "DOSE"),
    "cohort moves": (lambda d: d.assign(opened=np.where(d["week"] == 10, 3, d["opened"])), COHORT, "COHORT"),
    "all treated": (lambda d: d[d["opened"] > 0], COHORT, "SUPPORT"),
    "nobody treated": (lambda d: d[d["opened"] == 0], COHORT, "SUPPORT"),
    "nothing observed": (lambda d: d.assign(sales=np.nan), COHORT, "SUPPORT"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("estimator", ["callaway_santanna", "borusyak_jaravel_spiess", "synthetic_did"])
def test_what_is_not_identified_is_a_row_with_its_reason(shops, tmp_path, refusal, estimator):
    if (refusal, estimator) == ("all treated", "borusyak_jaravel_spiess"):
        return  # imputes from units not yet treated: the next test
    change, flags, code = REFUSALS[refusal]
    path = tmp_path / "odd.csv"
    change(pd.read_csv(shops)).to_csv(path, index=False)
    table = estimated(path, "--estimator", estimator, *flags, tmp_path=tmp_path)
    assert table["estimate"].isna().all()
    assert table["reason_code"].iloc[0] == code and table["reason"].iloc[0]


def test_imputation_without_never_treated_units_says_what_it_cannot_impute(shops, tmp_path):
    path = tmp_path / "odd.csv"
    pd.read_csv(shops).query("opened > 0").to_csv(path, index=False)
    row = estimated(path, "--estimator", "borusyak_jaravel_spiess", *COHORT, tmp_path=tmp_path).set_index("term").loc["att"]
    assert np.isfinite(row["estimate"]) and "untreated" in row["left_out"]


@pytest.mark.parametrize(
    ("estimator", "flags"),
    [
        ("fixed_effects", [*STATIC, "--controls", "size"]),
        ("pooled", [*STATIC, "--controls", "double"]),
        ("random_effects", [*STATIC, "--controls", "double"]),
        ("two_stage_least_squares", [*STATIC, "--instruments", "z", "--controls", "double"]),
        ("fractional_response", ["--outcome", "share", *STATIC[2:], "--controls", "double"]),
        ("callaway_santanna", [*COHORT, "--controls", "size,copy"]),
    ],
)
def test_singular_covariates_are_refused_or_dropped_with_a_reason(shops, tmp_path, estimator, flags):
    path = tmp_path / "singular.csv"
    data = pd.read_csv(shops)
    data.assign(double=2 * data["price"], copy=3 * data["size"]).to_csv(path, index=False)
    table = estimated(path, "--estimator", estimator, *flags, tmp_path=tmp_path)
    assert table["reason_code"].isin(["SINGULAR", "SUPPORT"]).all()


def test_weights_must_be_positive(shops, tmp_path):
    path = tmp_path / "weights.csv"
    pd.read_csv(shops).assign(w=lambda d: d["week"] - 1).to_csv(path, index=False)
    table = estimated(path, "--estimator", "fixed_effects", *STATIC, "--weights", "w", tmp_path=tmp_path)
    assert table["reason_code"].iloc[0] == "WEIGHTS"


def test_units_with_holes_stay_when_there_are_covariates(shops, tmp_path):
    path = tmp_path / "unbalanced.csv"
    pd.read_csv(shops).drop(index=[3, 500]).rename(columns={"size": "the size"}).to_csv(path, index=False)
    table = estimated(path, "--estimator", "callaway_santanna", *COHORT, "--controls", "the size", tmp_path=tmp_path).set_index("term")
    assert table.loc["att", "n_units"] == 80 and pd.isna(table.loc["att", "reason"])


def test_a_covariate_that_separates_is_refused(lives, tmp_path):
    path = tmp_path / "separated.csv"
    pd.read_csv(lives / "lives.csv").assign(x=lambda d: d["event"]).to_csv(path, index=False)
    table = estimated(path, "--estimator", "cox", *SPELL, "--treatment", "x", tmp_path=tmp_path)
    assert table["reason_code"].iloc[0] == "SEPARATION"


def test_one_treated_unit_has_no_sampling_error(shops, tmp_path):
    data = pd.read_csv(shops)
    path = tmp_path / "one.csv"
    data[(data["opened"] == 0) | (data["shop"] == "shop 1")].to_csv(path, index=False)
    for estimator in ("callaway_santanna", "two_way_fixed_effects", "sun_abraham", "borusyak_jaravel_spiess"):
        row = estimated(path, "--estimator", estimator, *COHORT, tmp_path=tmp_path).set_index("term").loc["att"]
        assert np.isfinite(row["estimate"]) and np.isnan(row["std_error"]) and row["reason_code"] == "FEW"
    table = estimated(path, "--estimator", "two_way_fixed_effects", *COHORT, "--option", "randomization_draws=99", tmp_path=tmp_path)
    assert table.set_index("inference").loc["randomization_t", "p_value"] > 0


def test_missing_values_are_counted_and_left_out(shops, tmp_path):
    data = pd.read_csv(shops)
    data.loc[data.index[:7], "sales"] = np.nan
    data.loc[data["opened"] == 0, "opened"] = np.nan  # blank: never
    path = tmp_path / "holes.csv"
    data.to_csv(path, index=False)
    status, _, err = command("estimate", path, "--estimator", "sun_abraham", *COHORT, "--out", tmp_path / "e.csv")
    assert status == 0 and "left out: 7 rows without sales" in err
    assert pd.read_csv(tmp_path / "e.csv").set_index("term").loc["att", "n_obs"] == len(data) - 7


def test_the_program_as_a_person_runs_it(shops):
    arguments = [sys.executable, "-m", "analysis", "estimate", str(shops), "--estimator", "two_way_fixed_effects", *COHORT]
    done = subprocess.run(arguments, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0 and "att" in done.stdout
    done = subprocess.run([*arguments, "--option", "x"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_no_name_is_run_by_a_spreadsheet_or_a_terminal(shops, tmp_path):
    """Columns may be called anything, and the result says so as text."""
    data = pd.read_csv(shops)
    for name, cell in {"=cmd|'/C calc'!A0": "'=cmd|'/C calc'!A0", "＝1+1": "'＝1+1", "-z": "'-z", "z\x1b[31m": "z\\x1b[31m"}.items():
        data.rename(columns={"z": name}).to_parquet(tmp_path / "named.parquet")
        model = ["--outcome", "sales", "--unit", "shop", "--time", "week", "--treatment", "open", f"--controls={name}"]
        table = estimated(tmp_path / "named.parquet", "--estimator", "two_way_fixed_effects", *model, tmp_path=tmp_path)
        assert cell in list(table["term"])
        status, out, err = command("estimate", tmp_path / "named.parquet", "--estimator", "two_way_fixed_effects", *model)
        assert status == 0 and "\x1b" not in out + err
    status, _, err = command(
        "estimate", tmp_path / "named.parquet", "--estimator", "two_way_fixed_effects", *model[:-1], "--controls=\x1b]0;x"
    )
    assert status == 2 and "\x1b" not in err and "\\x1b" in err
