"""Columns of a file that knows types, in roles that their type does not fit: refused in words, never taken as numbers."""

import numpy as np
import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.core.columns import names
from analysis.core.errors import DataError

pytestmark = pytest.mark.fast

N = 24
SOUND = pd.DataFrame({"firm": np.repeat(range(6), 4), "year": np.tile(range(2001, 2005), 6)})
SOUND["x"] = np.random.default_rng(1).normal(size=N)
SOUND["y"] = SOUND["x"] + np.random.default_rng(2).normal(size=N)
SOUND["w"] = 1.0
COMMAND = "--estimator fixed_effects --outcome y --unit firm --time year --controls x --weights w --fixed-effects firm,year --cluster firm"
DAYS = pd.date_range("2001-01-31", periods=N)
NO_NUMBERS = {
    "moments of a time zone": DAYS.tz_localize("Asia/Shanghai"),
    "moments": DAYS,
    "bytes": [b"2001", *[b"2002"] * (N - 1)],
    "stretches": pd.to_timedelta(np.arange(N), "D"),
    "months": pd.PeriodIndex(DAYS, freq="M"),
    "intervals": pd.IntervalIndex.from_breaks(np.arange(N + 1.0)),
}


@pytest.mark.parametrize("role", ["y", "x", "w", "year"])
@pytest.mark.parametrize("kind", NO_NUMBERS)
def test_what_is_no_number_is_refused_by_its_first_cell(kind, role, tmp_path, capsys):
    if role == "year" and kind == "months":
        return  # months are periods
    path = tmp_path / "typed.parquet"
    SOUND.assign(**{role: NO_NUMBERS[kind]}).to_parquet(path)
    assert main(["estimate", str(path), *COMMAND.split()]) == 2
    said = capsys.readouterr().err
    assert f"{path}, row 2, column '{role}'" in said and "needs" in said and "not " in said


def test_a_unit_that_is_a_list_is_refused(tmp_path, capsys):
    path = tmp_path / "typed.parquet"
    SOUND.assign(firm=[[1, 2]] * N).to_parquet(path)
    assert main(["estimate", str(path), *COMMAND.split()]) == 2
    assert f"{path}, row 2, column 'firm'" in capsys.readouterr().err


COX = "--estimator cox --duration lasted --event ended --entry start --controls x"


def spells_in(path, durations, starts):
    data = pd.DataFrame({"start": starts, "lasted": durations, "ended": 1, "x": SOUND["x"].to_numpy()})
    data.to_parquet(path)
    return main(["estimate", str(path), *COX.split()])


def test_times_in_single_precision_meet_those_in_double(tmp_path, capsys):
    """0.7 in single precision lies below 0.7: who enters then would be at risk when another spell ends."""
    start, lasted = np.arange(N) % 5 / 10, (np.arange(N) % 5 + 1 + np.arange(N) % 7) / 10
    said = []
    for first, second in (("float64", "float64"), ("float64", "float32"), ("float32", "float64")):
        assert spells_in(tmp_path / "t.parquet", lasted.astype(first), start.astype(second)) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] == said[2]


@pytest.mark.parametrize(("kind", "whole"), [("float32", 2**24), ("Float32", 2**24), ("float64", 2**53)])
def test_whole_names_that_floats_have_merged_are_refused(kind, whole):
    assert names(pd.Series([whole - 1, whole], dtype=kind), "t", "--unit", int).tolist() == [whole - 1, whole]
    with pytest.raises(DataError, match="can have merged"):
        names(pd.Series([whole, whole + 2], dtype=kind), "t", "--unit", int)


def test_days_that_single_precision_has_merged_are_refused(tmp_path, capsys):
    """20010103 is kept as 20010104."""
    days = np.tile([20010101, 20010102, 20010103, 20010104], 6)
    for kind, ends in (("float64", 0), ("float32", 2)):
        SOUND.assign(year=days.astype(kind)).to_parquet(tmp_path / "t.parquet")
        assert main(["estimate", str(tmp_path / "t.parquet"), *COMMAND.split()]) == ends
    assert "row 2, column 'year'" in (said := capsys.readouterr().err) and "can have merged" in said


def test_moments_of_one_day_are_several_names():
    moments = pd.Series(pd.to_datetime(["2001-01-01 10:00", "2001-01-01 14:00", "2001-01-01 00:00", None]))
    said = ["2001-01-01T10:00:00", "2001-01-01T14:00:00", "2001-01-01", None]
    assert names(moments, "t", "--unit", int).tolist() == said
    assert names(moments.astype(object), "t", "--unit", int).tolist() == said
    there = moments.dt.tz_localize("Asia/Shanghai")
    assert names(there, "t", "--unit", int).tolist() == ["2001-01-01T10:00:00+08:00", "2001-01-01T14:00:00+08:00", "2001-01-01", None]


def test_names_in_bytes_are_the_text_that_they_hold():
    assert names(pd.Series([b"a", "b", None, "é".encode()]), "t", "--unit", int).tolist() == ["a", "b", None, "é"]
    assert names(pd.Series([b"1", b"2"]), "t", "--unit", int).tolist() == [1, 2]
    assert names(pd.Series([0.1, 2.5], dtype="float32"), "t", "--unit", int).tolist() == ["0.1", "2.5"]
    with pytest.raises(DataError, match=r"row 1, column 'firm'.*not bytes that are no UTF-8 text"):
        names(pd.Series([b"a", b"\xff"], name="firm"), "t", "--unit", int)
