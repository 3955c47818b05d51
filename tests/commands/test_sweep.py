"""sweep: any number of jobs gives the same bytes, it goes on where it stopped, and it refuses before it starts."""

import contextlib
import io

import numpy as np
import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.commands import estimate
from analysis.core.any_table import specified
from analysis.core.config import claim_test
from analysis.core.errors import DataError
from analysis.jobs import sweep as jobs
from analysis.simulations.monte_carlo import replicate
from analysis.sources.files.asked import Reading
from analysis.specification_curve.summary import curve_of
from analysis.sweeps import blocks, curve, permutations
from analysis.sweeps.plan import Plan, hash_of, settle
from tests.study import STUDY

MODEL = ["--estimator", "two_way_fixed_effects", "--outcome", "y", "--unit", "firm", "--time", "year", "--cohort", "first"]


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    generator, units, years = np.random.default_rng(3), 15, 5
    first = np.repeat(np.where(np.arange(units) < 6, 2014 + np.arange(units) % 2, 0), years)
    table = pd.DataFrame({"firm": np.repeat([f"f{i}" for i in range(units)], years), "year": np.tile(np.arange(2012, 2017), units)})
    table = table.assign(first=first, y=generator.normal(size=len(table)))
    path = tmp_path_factory.mktemp("data") / "panel.csv"
    table.to_csv(path, index=False)
    return path


def run(*words):
    """Return status and what was said of one command in this process."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = main(["sweep", *map(str, words)])
    return status, said.getvalue()


def scattered(plan, folder, number, monkeypatch, without=()):
    """Return the bytes of the results of a plan whose jobs run here, in this process."""
    number = settle(plan, folder, number)
    monkeypatch.chdir(folder)
    for job in range(number):
        jobs.scatter(job, number, f"jobs/{job}.done")
    jobs.gather(jobs.RESULTS[plan.kind])
    return [(folder / name).read_bytes() for name in jobs.RESULTS[plan.kind]]


def test_a_hundred_thousand_permutations_in_fifty_jobs_are_those_in_one(panel, tmp_path, monkeypatch):
    specification = specified("two_way_fixed_effects", 1, outcome="y", unit="firm", time="year", cohort="first")
    about = permutations.of_file(specification, estimate.roles_of(specification), Reading(), [])
    plan = Plan("permutations", 100_000, 1, about, str(panel))
    one, fifty = (scattered(plan, tmp_path / str(number), number, monkeypatch) for number in (1, 50))
    assert one == fifty
    table = pd.read_parquet(tmp_path / "1/result.parquet")
    assert set(table["inference"]) == {"randomization_t", "randomization_beta"} and (table["draws"] == 100_000).all()


def test_the_command_scatters_gathers_and_goes_on(panel, tmp_path):
    words = ["permutations", panel, *MODEL, "--size", 2500]
    status, said = run(*words, "--jobs", 2, "--cores", 1, "--out", tmp_path)
    assert status == 0 and "randomization_t" in said and "2500" in said
    result, block = (tmp_path / "result.parquet").read_bytes(), blocks.path_of(tmp_path, 1)
    (tmp_path / "result.parquet").unlink()
    block.unlink()
    status, said = run(*words, "--jobs", 1, "--cores", 1, "--out", tmp_path)  # another number of jobs goes on as well
    assert status == 0 and (tmp_path / "result.parquet").read_bytes() == result and block.exists()
    status, said = run(*words[:-1], 2600, "--out", tmp_path)
    assert status == 2 and "another sweep (differs in size)" in said


def test_replications_are_those_of_the_study_and_go_on_where_they_stopped(tmp_path, monkeypatch):
    settings = STUDY["montecarlo"]["common_date"] | {"replications": 25}
    plan = Plan("montecarlo", 25, 11, {"name": "common_date", "settings": settings})
    first = scattered(plan, tmp_path / "first", 3, monkeypatch)
    expected = replicate("common_date", settings, 11)
    table = pd.read_parquet(tmp_path / "first/result.parquet").set_index("method")
    for name in ("bias", "coverage", "size", "spread"):
        assert (table.loc[expected["method"], name].to_numpy() == expected[name].to_numpy()).all()
    # A block that is gone is run again, and no other.
    when = blocks.path_of(tmp_path / "first", 0).stat().st_mtime_ns
    blocks.path_of(tmp_path / "first", 2).unlink()
    assert scattered(plan, tmp_path / "first", 2, monkeypatch) == first
    assert blocks.path_of(tmp_path / "first", 0).stat().st_mtime_ns == when


def test_a_curve_is_that_of_the_study(tmp_path, monkeypatch):
    panel = _province_panel()
    path = tmp_path / "panel.parquet"
    panel.to_parquet(path)
    full = STUDY["specification_curves"]["province_rd_curve"]
    settings = full | {
        "draws": 19, "samples": dict(list(full["samples"].items())[:2]), "outcomes": dict(list(full["outcomes"].items())[:2]),
        "controls": {}, "dates": dict(list(full["dates"].items())[:1]),
    }  # fmt: skip
    about = {"name": "c", "settings": settings, "panel": STUDY["panels"]["province_year"], "test": claim_test(STUDY, settings)}
    plan = Plan("curve", len(curve.combinations(settings)), 5, about, str(path))
    assert plan.blocks == 4
    one, many = (scattered(plan, tmp_path / str(number), number, monkeypatch) for number in (1, 3))
    assert one == many
    contracts = {name: STUDY["contracts"][name] for name in ("curve", "curve_joint")}
    whole = curve_of("c", panel, settings, about["panel"], about["test"], 5, contracts)
    for table, name in zip(whole, jobs.RESULTS["curve"], strict=True):
        made = pd.read_parquet(tmp_path / "1" / name)
        keys = contracts["curve" if name == "result.parquet" else "curve_joint"]["key"]
        pd.testing.assert_frame_equal(made, table.sort_values(keys, kind="stable", ignore_index=True), check_exact=True)


def _province_panel():
    """Return a made-up panel with the columns that the curve reads."""
    generator, provinces, years = np.random.default_rng(8), [f"P{i}" for i in range(20)], range(2011, 2022)
    table = pd.DataFrame([(province, year) for province in provinces for year in years], columns=["province", "year"])
    number = table["province"].str[1:].astype(int)
    cohort = pd.Series(np.where(number < 5, 2016 + number % 3, np.nan)).astype("Int64")
    table = table.assign(
        cohort_midyear=cohort, stratum_region=np.where(number % 2, "East", "West"), region=np.where(number % 2, "East", "West"),
        usable=True, certain=True, rd_intensity_revised_pct=2 + 0.1 * number + generator.normal(0, 0.1, len(table)),
    )  # fmt: skip
    table.attrs = {"evidence": "simulated", "absent": ""}
    return table


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["permutations", "{panel}", *MODEL, "--size", "0"], "--size 0"),
        (["permutations", "{panel}", *MODEL, "--size", "1000", "--jobs", "0"], "--jobs 0"),
        (["permutations", "{panel}", *MODEL, "--size", "1000", "--on", "pbs"], "unknown cluster 'pbs'"),
        (["permutations", "{panel}", *MODEL, "--size", "1000", "--minutes", "0"], "--minutes 0"),
        (["permutations", "no.csv", *MODEL, "--size", "1000"], "no.csv"),
        (["permutations", "{panel}", *MODEL[:-1], "begun", "--size", "1000"], "begun"),
        (["permutations", "{panel}", "--estimator", "cox", "--size", "1000"], "not for 'cox'"),
        (["permutations", "{panel}", *MODEL, "--option", "randomization_draws=9", "--size", "1000"], "--size says how many"),
        (["permutations", "{panel}", *MODEL, "--controls", "y", "--size", "1000"], "no"),
        (["permutations", "--size", "1000"], "FILE"),
        (["permutations", "--model", "province_at", "--size", "1000"], "Did you mean 'province_att'"),
        (["permutations", "--model", "province_att", "--outcome", "rd", "--size", "1000"], "unknown outcome 'rd'"),
        (["montecarlo", "--process", "stagered", "--size", "10"], "Did you mean 'staggered'"),
        (["curve", "--curve", "x", "--size", "10"], "unknown curve 'x'"),
    ],
)
def test_bad_input_is_refused_in_one_line_before_anything_runs(words, said, panel, tmp_path):
    status, line = run(*(word.format(panel=panel) for word in words), "--out", tmp_path / "out")
    assert status == 2 and line.startswith("error: ") and said in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (("montecarlo", "--process", "staggered", "--seed", 7), "--seed 7"),
        (("montecarlo", "--process", "staggered", "--cluster", "region"), "--cluster region"),
        (("montecarlo", "panel.csv", "--process", "staggered"), "FILE panel.csv"),
        (("curve", "--curve", "province_rd_curve", "--outcome", "patents"), "--outcome patents"),
        (("curve", "--curve", "province_rd_curve", "--process", "staggered"), "--process staggered"),
        (("permutations", "--model", "province_att", "--outcome", "rd_intensity", "--controls", "gdp"), "--controls gdp"),
        (("permutations", "--model", "province_att", "--outcome", "rd_intensity", "--option", "aggregation=group"), "--option"),
    ],
)
def test_a_flag_that_would_change_nothing_is_refused(tmp_path, words, flag):
    status, said = run(*words, "--size", 10, "--out", tmp_path / "sweep")
    assert status == 2 and "makes no use of" in said and flag in said and not (tmp_path / "sweep").exists()


def test_data_that_change_under_way_leave_no_block_and_no_result(panel, tmp_path, monkeypatch):
    data = tmp_path / "panel.csv"
    data.write_bytes(panel.read_bytes())
    specification = specified("two_way_fixed_effects", 1, outcome="y", unit="firm", time="year", cohort="first")
    about = permutations.of_file(specification, estimate.roles_of(specification), Reading(), [])
    plan = Plan("permutations", 2000, 1, about, str(data), hash_of(data))
    settle(plan, tmp_path / "sweep", 2)
    monkeypatch.chdir(tmp_path / "sweep")
    jobs.scatter(0, 2, "jobs/0.done")
    data.write_bytes(panel.read_bytes().replace(b"0.", b"1."))
    with pytest.raises(DataError, match="not the file that the sweep began with"):
        jobs.scatter(1, 2, "jobs/1.done")
    assert not blocks.path_of(tmp_path / "sweep", 1).exists()
    data.write_bytes(panel.read_bytes())
    jobs.scatter(1, 2, "jobs/1.done")
    data.unlink()
    with pytest.raises(DataError, match="not the file that the sweep began with"):
        jobs.gather(["result.parquet"])
    assert not (tmp_path / "sweep/result.parquet").exists()
