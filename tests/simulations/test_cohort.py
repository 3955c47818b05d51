"""The simulated cohort: the same bytes from the same seed, bounded memory, errors that are found, and a truth that is what it says."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from analysis.core.rawfiles import ROOT
from analysis.exhibits.tables import moments_table
from analysis.jobs.simulate import simulate
from analysis.panels import firm_panel
from analysis.simulations.cohort import accounts, projects
from analysis.simulations.cohort.accounts import NEVER
from analysis.simulations.cohort.firms import cities_of, traits_of
from analysis.sources.firms.folder import read_folder
from tests.study import STUDY

RAW = STUDY["raw"]
SETTINGS = STUDY["simulation"] | {"firms": 1500, "chunk": 500}


def cohort(folder, **changes):
    simulate(SETTINGS | changes, RAW, folder)
    return {path.stem: pd.read_parquet(path) for path in folder.glob("*.parquet")}


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        cohort(tmp_path / name, seed=seed)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()
        assert file.read_bytes() != (tmp_path / "c" / file.name).read_bytes()


def history(preset, n=4000):
    rng = np.random.default_rng(7)
    calendar = pd.read_csv(ROOT / RAW["first_issues_by_city"]["file"], dtype="string")
    provinces = pd.read_csv(ROOT / RAW["province_list"]["file"], dtype="string")
    cities = cities_of(calendar, provinces, SETTINGS["cities"], rng)
    traits = traits_of(1, n, cities, SETTINGS, rng)
    return traits, cities, accounts.live(traits, cities, SETTINGS, SETTINGS["presets"][preset], rng)


def test_nobody_issues_before_the_city_opens_or_is_observed():
    traits, cities, lived = history("as_claimed")
    opens = cities["opens"].to_numpy()[traits["city"].to_numpy()]
    issuers = lived.cohort != NEVER
    assert issuers.sum() > 200
    assert (lived.cohort[issuers] >= opens[issuers]).all()
    assert (lived.cohort[issuers] > traits["enters"].to_numpy()[issuers]).all()
    assert not (lived.issued & ~lived.observed).any()
    shenzhen = cities["opens"][cities["city"] == "Shenzhen"].item()
    assert shenzhen == 2020  # December 2019: the year after


def test_without_effects_both_potential_outcomes_are_one():
    _, _, lived = history("null")
    for name in ("rd", "sales"):
        np.testing.assert_array_equal(lived.values[name], lived.untreated[name])
    assert all((gain == 0).all() for gain in lived.gain.values())


def test_the_effect_is_the_dial_times_the_profile_and_only_after_the_issue():
    traits, _, lived = history("as_claimed")
    effect = lived.effect["rd"]
    before = lived.years < lived.cohort[:, None]
    assert (effect[before] == 0).all() and (effect[~before] > 0).all()
    first = lived.years == lived.cohort[:, None]
    parameter = SETTINGS["effects"]["rd"]["size"] * SETTINGS["profile"][0]
    np.testing.assert_allclose(effect[first], parameter * traits["multiplier"].to_numpy()[first.any(1)])


def test_a_project_under_way_is_hurried_only_from_the_issue_on():
    traits, _, lived = history("as_claimed")
    exact = SETTINGS | {"projects": SETTINGS["projects"] | {"interval_share": 0}, "effects": {"cycle": {"size": np.log(0.5)}}}
    begun = projects.start(lived, traits, exact, 1.0, np.random.default_rng(1))
    sold = begun[begun["sold_by"].notna()]
    months = sold["sold_by"] - sold["filed"]
    before = sold["sold_by"] <= sold["issued"]
    np.testing.assert_allclose(months[before], sold["clock"][before])
    under_way = ~before & (sold["filed"] < sold["issued"])
    left = sold["filed"] + sold["clock"] - sold["issued"]  # months to go at the issue, at the old pace
    np.testing.assert_allclose(sold["sold_by"][under_way], (sold["issued"] + left / 2)[under_way])
    after = sold["filed"] >= sold["issued"]
    np.testing.assert_allclose(months[after], sold["clock"][after] / 2)
    assert min(before.sum(), under_way.sum(), after.sum()) > 20


def test_the_readers_files_are_what_the_cohort_writes_and_its_dirt_is_found(tmp_path):
    written = cohort(tmp_path)
    files = [tmp_path / f"{name}.parquet" for name in ("firm_accounts", "financing_events", "projects")]
    reading = read_folder(files, RAW["firm_files"]["adapters"], RAW["firm_files"]["tables"])
    kinds = {finding.kind for finding in reading.findings}
    assert {"refused", "duplicate", "restated"} <= kinds
    wrong = written["firm_accounts"]["assets"] < 0
    assert len(reading.refused()) == wrong.sum() > 0
    assert set(reading.tables["firm_accounts"]["assets"].dropna() > 0) == {True}
    assert not reading.tables["firm_accounts"].duplicated(["firm_id", "year"]).any()


def test_moments_come_near_the_published_ones(tmp_path):
    cohort(tmp_path, firms=3000)
    files = [tmp_path / f"{name}.parquet" for name in ("firm_accounts", "financing_events", "projects")]
    tables = read_folder(files, RAW["firm_files"]["adapters"], RAW["firm_files"]["tables"]).tables
    statistics = pd.DataFrame({"province": ["Guangdong"], "region": ["East"]})
    panel = firm_panel.build(tables["firm_accounts"], tables["financing_events"], statistics, {"instrument": "IP securitization"})
    of_firms = [moment for moment in SETTINGS["moments"] if moment["of"].split()[1] not in ("commercialized", "cycle_months")]
    shown = moments_table.layout(panel, tables["firm_accounts"], None, None, {"moments": of_firms}).frame.set_index("Moment")
    cohorts, published = (shown[column].str.replace("−", "-").astype(float) for column in ("Cohort", "Published"))
    far = (cohorts - published).abs() > (0.25 * published.abs()).clip(lower=0.04)
    assert len(shown) == len(of_firms) and not far.any(), shown[far]


@pytest.mark.parametrize("firms", [40_000])
def test_memory_does_not_grow_with_the_number_of_firms(tmp_path, firms):
    """Peak memory of many chunks is that of one, within the noise of an allocator."""
    code = (
        "import resource, sys; from analysis.__main__ import main; main(['simulate', '--firms', sys.argv[1], '--years', '8', '--out', sys.argv[2]]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    peaks = []
    for n in (5_000, firms):
        done = subprocess.run(
            [sys.executable, "-c", code, str(n), str(tmp_path / str(n))], cwd=ROOT, capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout.split()[-1]))
    assert peaks[1] < peaks[0] * 1.25 + 60
    assert len(pd.read_parquet(tmp_path / str(firms) / "firm_accounts.parquet", columns=["firm_id"]).drop_duplicates()) == firms
