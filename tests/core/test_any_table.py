"""The way in for notebooks: same names, table and errors as the command line."""

import re

import numpy as np
import pandas as pd
import pytest

from analysis import estimate
from analysis.__main__ import main
from analysis.core.catalogue import ROOT, modules
from analysis.core.errors import BadOption, DataError, UnknownName
from analysis.core.method import method_of

FIELDS_OF_COHORTS = {"outcome": "y", "unit": "unit", "time": "year", "cohort": "first"}


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(1)
    unit, year = np.repeat(np.arange(20), 5), np.tile(np.arange(2010, 2015), 20)
    first = np.where(unit < 8, 2012, 0)
    y = random.normal(size=100) + (first > 0) * (year >= first)
    return pd.DataFrame({"unit": unit, "year": year, "first": first, "y": y, "x": random.normal(size=100)})


def from_the_command_line(frame, tmp_path, *words):
    frame.to_csv(tmp_path / "in.csv", index=False)
    flags = [word for name, column in FIELDS_OF_COHORTS.items() for word in (f"--{name}", column)]
    assert main(["estimate", str(tmp_path / "in.csv"), *flags, *words, "--out", str(tmp_path / "out.parquet")]) == 0
    return pd.read_parquet(tmp_path / "out.parquet")


@pytest.mark.parametrize(
    ("estimator", "choices", "words"),
    [
        ("callaway_santanna", {}, []),
        ("callaway_santanna", {"aggregation": "dynamic", "event_window": [-1, 2]}, ["--option=aggregation=dynamic", "--option=event_window=[-1, 2]"]),
        ("callaway_santanna", {"randomization_draws": 99, "seed": 5}, ["--option=randomization_draws=99", "--seed=5"]),
        ("two_way_fixed_effects", {"controls": ["x"]}, ["--controls=x"]),
        ("two_way_fixed_effects", {"controls": "x", "cluster": ("unit",)}, ["--controls=x", "--cluster=unit"]),
    ],
)  # fmt: skip
def test_the_table_is_that_of_the_command_line(frame, tmp_path, estimator, choices, words):
    printed = from_the_command_line(frame, tmp_path, "--estimator", estimator, *words)
    table = estimate(frame, estimator, **FIELDS_OF_COHORTS, **choices)
    pd.testing.assert_frame_equal(table.drop(columns="sample"), printed.drop(columns="sample"), check_dtype=False)


def test_notes_say_how_periods_were_read_and_what_was_left_out(frame):
    quarters = frame.assign(year=frame["year"].map(dict(zip(range(2010, 2015), [20101, 20102, 20103, 20104, 20111], strict=True))))
    quarters["first"] = np.where(frame["first"] > 0, 20103, np.nan)
    quarters.loc[3, "y"] = np.nan
    notes = estimate(quarters, "callaway_santanna", **FIELDS_OF_COHORTS).attrs["notes"]
    assert notes[0].startswith("periods are read as quarters") and "1 row without y" in notes[1]


def test_the_frame_may_have_an_index_of_its_own_and_stays_as_it_is(frame):
    shuffled = frame.set_index(np.arange(100)[::-1] % 7, drop=False)
    before = shuffled.copy()
    table = estimate(shuffled, "callaway_santanna", **FIELDS_OF_COHORTS)
    assert table.equals(estimate(frame, "callaway_santanna", **FIELDS_OF_COHORTS))
    pd.testing.assert_frame_equal(shuffled, before)


@pytest.mark.parametrize(
    ("choices", "error", "said"),
    [
        (
            {"aggregation": "dinamic"},
            BadOption,
            "estimate (callaway_santanna): option aggregation is 'dinamic'; it must be simple, dynamic",
        ),
        ({"controls": ["z"]}, UnknownName, "data frame: controls: unknown column 'z'"),
        ({"controls": [1]}, BadOption, "names of columns"),
        ({"outcome": ["y"]}, BadOption, "the name of a column"),
        ({"outcomes": "y"}, UnknownName, "Did you mean 'outcome'"),
        ({"duration": "x"}, BadOption, "makes no use of duration"),
        ({"frequency": "yearly"}, BadOption, "it must be index, year"),
        ({"outcome": "unit_name"}, DataError, "row 0, column 'unit_name', value 'a': outcome needs numbers"),
    ],
)
def test_errors_are_those_of_the_command_line_in_the_words_of_python(frame, choices, error, said):
    with pytest.raises(error, match=re.escape(said)):
        estimate(frame.assign(unit_name="a"), "callaway_santanna", **{**FIELDS_OF_COHORTS, **choices})


def test_a_row_is_named_by_its_position_and_by_its_label_where_that_is_another(frame):
    twice = pd.concat([frame, frame.head(1)], ignore_index=True)
    with pytest.raises(DataError, match=r"^data frame, row 100, column 'unit, year', value '0, 2010': .* rows that repeat a pair: 1\."):
        estimate(twice, "callaway_santanna", **FIELDS_OF_COHORTS)
    with pytest.raises(DataError, match=r"row 100 \(index 'last'\), column"):
        estimate(twice.set_axis([*range(100), "last"]), "callaway_santanna", **FIELDS_OF_COHORTS)
    table = estimate(frame.assign(first=frame["first"].where(frame.index != 1, 2013)), "callaway_santanna", **FIELDS_OF_COHORTS)
    assert table["reason"].iloc[0].startswith("data frame, row 1, column 'first', value '2013': unit 0 has more than one value")


def test_an_unknown_estimator_is_refused(frame):
    with pytest.raises(UnknownName, match="Did you mean 'callaway_santanna'"):
        estimate(frame, "callaway_santana", **FIELDS_OF_COHORTS)
    with pytest.raises(BadOption, match="a pandas data frame, not dict"):
        estimate({}, "callaway_santanna")


@pytest.mark.parametrize("name", modules("estimator"))
def test_no_option_has_the_name_of_a_field_that_its_method_takes(name):
    method = method_of(name)
    takes = {one for need in (*method.needs, *method.accepts) for one in need.split("|")} | {"seed", "frequency", "estimator", "frame"}
    assert not set(method.options) & takes


def test_the_example_of_the_readme_runs(capsys):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    exec(example, {})
    assert "3.0" in capsys.readouterr().out
