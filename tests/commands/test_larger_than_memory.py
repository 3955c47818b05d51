"""Estimates for which memory would not do: streamed where that gives the same, else refused before they start. SIMULATED."""

import numpy as np
import pandas as pd
import pytest

from analysis.commands import estimate as asked
from analysis.core import memory
from analysis.simulations.data_generating_processes import staggered
from tests.commands.test_estimate import command

COLUMNS = ("--outcome", "y", "--unit", "unit", "--time", "time")
COHORT = (*COLUMNS, "--cohort", "cohort", "--estimator")


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "panel.parquet"
    staggered.simulate(np.random.default_rng(4), 1.0)[0].assign(size=lambda d: d["y"] + d["time"] % 3).to_parquet(path, index=False)
    return path


@pytest.fixture
def short(monkeypatch):
    """A machine with no memory to speak of, on which also small files are asked after."""
    monkeypatch.setattr(asked, "LITTLE", 0)
    monkeypatch.setattr(asked, "available", lambda: 0.1 * memory.GIB)


def test_asked_for_and_chosen_by_itself_give_what_memory_gives(panel, tmp_path, monkeypatch):
    plain, streamed, chosen = (tmp_path / f"{name}.csv" for name in ("plain", "streamed", "chosen"))
    assert command("estimate", panel, *COHORT, "callaway_santanna", "--out", plain)[0] == 0
    assert command("estimate", panel, *COHORT, "callaway_santanna", "--out", streamed, "--streaming")[2] == ""
    monkeypatch.setattr(asked, "LITTLE", 0)
    monkeypatch.setattr(asked, "available", lambda: 0.1 * memory.GIB)
    status, _, err = command("estimate", panel, *COHORT, "callaway_santanna", "--out", chosen)
    assert status == 0 and "callaway_santanna on 800 rows takes about 0.2 GiB of memory, and 0.1 GiB are free" in err and "stream" in err
    for other in (streamed, chosen):
        pd.testing.assert_frame_equal(pd.read_csv(plain), pd.read_csv(other), rtol=1e-10)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((*COHORT, "gardner_two_stage"), "gardner_two_stage needs every unit at once"),
        ((*COHORT, "callaway_santanna", "--option", "bootstrap_draws=99"), "option bootstrap_draws of callaway_santanna"),
        ((*COHORT, "callaway_santanna", "--controls", "size"), "callaway_santanna with --controls"),
        ((*COHORT, "two_way_fixed_effects", "--cluster", "time"), "clusters other than the unit"),
        ((*COHORT, "two_way_fixed_effects", "--option", "covariance=hc3"), "errors other than those clustered by unit"),
        ((*COHORT, "two_way_fixed_effects", "--fixed-effects", "time"), "effects other than those of units and periods"),
        ((*COHORT, "two_way_fixed_effects", "--fixed-effects", "unit,time"), ""),
        ((*COHORT, "two_way_fixed_effects", "--fixed-effects", "size"), "effects other than those of units and periods"),
    ],
)
def test_what_needs_every_unit_is_refused_before_it_starts(panel, short, arguments, why):
    status, _, err = command("estimate", panel, *arguments)
    if not why:
        assert status == 0 and "summed up in a stream" in err
        return
    assert status != 0 and why in err and "GiB are free" in err and "--anyway" in err and err.count("\n") == 1
    assert command("estimate", panel, *arguments, "--anyway")[0] == 0
    status, _, err = command("estimate", panel, *arguments, "--streaming")
    assert status != 0 and why in err


def test_a_text_file_is_measured_by_its_lines_and_not_streamed(panel, short, tmp_path):
    pd.read_parquet(panel).to_csv(tmp_path / "panel.csv", index=False)
    status, _, err = command("estimate", tmp_path / "panel.csv", *COHORT, "callaway_santanna")
    assert status != 0 and "is no Parquet file" in err and "on 80" in err
    status, _, err = command("estimate", tmp_path / "panel.csv", *COHORT, "callaway_santanna", "--streaming")
    assert status != 0 and "is no Parquet file" in err


def test_memory_grows_with_rows_and_columns():
    assert memory.needed("callaway_santanna", 10**7) < 8 * memory.GIB < memory.needed("callaway_santanna", 10**8)
    assert memory.needed("cox", 10**6, 3) - memory.needed("cox", 10**6) == pytest.approx(3 * 10**6 * memory.A_COLUMN)
    assert memory.available() > 0
