"""Columns of a file that knows types, in roles that their type does not fit: refused in words, never taken as numbers."""

import numpy as np
import pandas as pd
import pytest

from analysis.__main__ import main

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
