"""Estimates for which memory would not do: streamed where that gives the same, else refused before they start. SIMULATED."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.commands import estimate as asked
from analysis.core import memory
from analysis.core.rawfiles import ROOT
from analysis.simulations.data_generating_processes import staggered
from analysis.sources.files import whole_units
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


def both(path, tmp_path, *arguments):
    """Return what memory and what the stream give: the table, or what is said."""
    found = []
    for name, how in (("memory", ()), ("stream", ("--streaming",))):
        status, _, err = command("estimate", path, *arguments, *how, "--out", tmp_path / f"{name}.csv")
        found.append(pd.read_csv(tmp_path / f"{name}.csv") if status == 0 else err)
    return found


@pytest.mark.parametrize("column", ["y", "unit", "time", "cohort", "d"])
@pytest.mark.parametrize("kind", ["numbers", "text"])
def test_what_stands_for_a_missing_value_does_so_in_a_stream(panel, tmp_path, column, kind):
    data = pd.read_parquet(panel).astype({column: float})
    data = data.assign(unit=data["unit"] + 1)
    coded = data["unit"] < 3 if column == "cohort" else data.index % 13 == 5
    data[column] = data[column].mask(coded, -99)
    if kind == "text":
        data[column] = data[column].map("{:g}".format)
    data.to_parquet(tmp_path / "coded.parquet")
    for words in ((*COHORT, "callaway_santanna"), (*COLUMNS, "--treatment", "d", "--estimator", "two_way_fixed_effects")):
        memory, stream = both(tmp_path / "coded.parquet", tmp_path, *words, "--missing", "-99")
        if isinstance(stream, str):
            assert kind == "text" and column in ("y", "d") and "kept as String" in stream
        else:
            pd.testing.assert_frame_equal(
                memory.drop(columns=["incomplete", "left_out"]), stream.drop(columns=["incomplete", "left_out"]), rtol=1e-9
            )


REFUSED = {
    "two cohorts": (lambda d: d.assign(cohort=d["cohort"].where(d.index != 4, 6)), "more than one value of cohort"),
    "two cohorts, one undated": (lambda d: pd.concat([d, d.tail(1).assign(time=np.nan, cohort=3)]), "more than one value of cohort"),
    "merged units": (lambda d: d.assign(unit=d["unit"] + 2.0**60), "can have merged"),
    "nested units": (lambda d: d.assign(unit=[[one] for one in d["unit"]]), "one"),
    "rounding": (lambda d: d.assign(y=d["y"] + 2.0**53), "does not vary"),
    "no variation": (lambda d: d.assign(y=7.0), "does not vary"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_memory_refuses_the_stream_refuses(panel, tmp_path, name):
    change, why = REFUSED[name]
    change(pd.read_parquet(panel)).to_parquet(tmp_path / "wrong.parquet")
    for found in both(tmp_path / "wrong.parquet", tmp_path, *COHORT, "callaway_santanna"):
        assert why in (found if isinstance(found, str) else found["reason"][0])
        assert isinstance(found, str) or (len(found) == 1 and found["estimate"].isna().all())


def test_a_kind_that_cannot_be_streamed_is_said_in_one_line(panel, tmp_path):
    table = pa.Table.from_pandas(pd.read_parquet(panel))
    wide = pa.array(table["y"].to_numpy().round(3)).cast(pa.decimal256(50, 3), safe=False)
    pq.write_table(table.set_column(table.schema.get_field_index("y"), "y", wide), tmp_path / "wide.parquet")
    memory, stream = both(tmp_path / "wide.parquet", tmp_path, *COHORT, "callaway_santanna")
    assert isinstance(memory, pd.DataFrame) and stream.startswith("error: ") and "estimate in memory" in stream and stream.count("\n") == 1


def test_a_file_that_changes_while_it_is_read_is_refused(panel, tmp_path, monkeypatch):
    path = tmp_path / "growing.parquet"
    data = pd.read_parquet(panel)
    data.to_parquet(path)
    plain = whole_units.Stream.parts

    def parts(stream):
        yield from plain(stream)
        data.assign(y=0.0).to_parquet(path)

    monkeypatch.setattr(whole_units.Stream, "parts", parts)
    status, _, err = command("estimate", path, *COHORT, "callaway_santanna", "--streaming")
    assert status == 2 and "changed while it was read" in err


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("0::/job/step", {"job/memory.max": "1000", "job/memory.current": "900", "job/memory.stat": "anon 1\ninactive_file 300\n"}),
        (
            "4:cpu,memory:/job",
            {
                "memory/job/memory.limit_in_bytes": "1000",
                "memory/job/memory.usage_in_bytes": "700",
                "memory/job/memory.stat": "total_inactive_file 100\n",
            },
        ),
    ],
)
def test_a_job_of_a_cluster_has_the_memory_of_its_group(tmp_path, line, files):
    (tmp_path / "cgroup").write_text(f"1:name=systemd:/\n{line}\n")
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert memory.left_of_groups(tmp_path / "cgroup", tmp_path) == [400]


def test_where_not_even_a_stream_fits_it_does_not_start(panel, monkeypatch):
    monkeypatch.setattr(asked, "needed", lambda *_: 0.7 * memory.GIB)
    monkeypatch.setattr(asked, "available", lambda: 0.4 * memory.GIB)
    for how in ((), ("--streaming",)):
        status, _, err = command("estimate", panel, *COHORT, "callaway_santanna", *how)
        assert status == 2 and "0.7 GiB of memory, and 0.4 GiB are free (units summed up in a stream take 0.5 GiB)" in err
        assert command("estimate", panel, *COHORT, "callaway_santanna", *how, "--anyway")[0] == 0


def test_ulimit_is_heeded():
    code = "from analysis.core.memory import available; print(available())"
    limited = subprocess.run(["sh", "-c", f"ulimit -v 2000000; {sys.executable} -c '{code}'"], cwd=ROOT, capture_output=True, text=True)
    assert 0 < float(limited.stdout) < 2_048_000_000
