"""Number columns: what is a number, what is missing, and what is refused because it could be read in two ways."""

import re

import numpy as np
import pytest

from analysis.core.errors import DataError

pytestmark = pytest.mark.fast


def column(cells, delimiter=","):
    return f"id{delimiter}y\n" + "".join(f'a{delimiter}"{cell}"\n' for cell in cells)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "-2", "007"], [1, -2, 7]),
        (["1", ""], [1, np.nan]),
        (["1.", ".5", "+5", "-1e-3", "1E5"], [1, 0.5, 5, -0.001, 1e5]),
        (["Inf", "inf", "-inf", "+INF"], [np.inf, np.inf, -np.inf, np.inf]),
        (["TRUE", "FALSE", "true"], [1, 0, 1]),
        (["TRUE", "", "NA"], [1, np.nan, np.nan]),
        ([" 5 ", "\t6"], [5, 6]),
        (["\u22125", "5e\u22121", "3"], [-5, 0.5, 3]),
        (["0.1", "2.5428765270374276", "5e-324"], [0.1, 2.5428765270374276, 5e-324]),
    ],
)
def test_what_is_a_number(reading, cells, values):
    np.testing.assert_array_equal(reading(column(cells))["y"].to_numpy(float), values)


def test_whole_numbers_without_a_hole_are_integers(reading):
    assert reading(column(["9007199254740993"]))["y"].tolist() == [9007199254740993]


def test_markers_are_missing_counted_and_reported(reading):
    cells = ["NA", "NaN", "nan", "N/A", "#N/A", "null", "NULL", ".", "", "1.5", "NA"]
    frame = reading(column(cells))
    assert frame["y"].isna().sum() == 10
    note = frame.attrs["notes"][0]
    assert note.startswith("column 'y': read as missing: ") and "'NA' 2" in note and "'.' 1" in note


def test_codes_for_missing_count_however_they_are_spelled(reading):
    frame = reading(column(["-99", "-99.0", "-9.9e1", "1"]), missing=("-99",))
    assert frame["y"].isna().tolist() == [True, True, True, False]
    assert "'-99' 3" in frame.attrs["notes"][0]


REFUSED = [
    (",", ["1", "alive"], "row 3, column 'y', value 'alive': --outcome needs numbers; correct it, or add --missing 'alive'"),
    (",", ["2,543"], "row 2, column 'y', value '2,543': --outcome needs numbers; add --thousands ,"),
    (",", ["1,234,567.5"], "--thousands ,"),
    (",", ["2,5"], "--decimal ,"),
    (",", ["1 234"], "--thousands ' '"),
    (",", ["1\u00a0234"], "--thousands ' '"),
    (",", ["1'234"], "--thousands apostrophe"),
    (",", ["0x1F"], "needs numbers"),
    (",", ["12%"], "without the sign"),
    (",", ["2001-01-01"], "a date"),
    (",", ["3 Jan 2001"], "a date"),
    (",", ["03jan2001"], "a date"),
    (",", ["11:30"], "a time"),
    (",", ["1_000"], "--thousands _"),
    (",", ["(1,234)"], "a negative number with a minus, not in brackets"),
    (",", ["(12.5)"], "a negative number with a minus, not in brackets"),
    (",", ["12.5-"], "the minus before the number"),
    (",", ["\u20135"], "a dash that means minus as -"),
    (",", ["21+"], "needs numbers; write the number alone"),
    (",", [">20"], "needs numbers; a bound, no number"),
    (",", ["12 days"], "needs numbers; write the number alone"),
    (",", ["#VALUE!"], "add --missing '#VALUE!'"),
    (",", ["TRUE", "1"], "needs numbers"),
    (";", ["1,234", "2,500", "7"], "--thousands , if the comma separates thousands, --decimal , if it is a decimal comma"),
    (";", ["1.234", "2.500", "7"], "--thousands . if the point separates thousands, --decimal . if it is a decimal point"),
    (";", ["1.234.567,8"], "--thousands ."),
    (";", ["2,5", "2.5"], "needs numbers"),
    ("\t", ["1,234"], "--thousands ,"),
]


@pytest.mark.parametrize(("delimiter", "cells", "message"), REFUSED)
def test_what_is_refused_says_what_to_do(reading, delimiter, cells, message):
    with pytest.raises(DataError, match=re.escape(message)):
        reading(column(cells, delimiter))


ROLE_ADVICE = [
    ("event", "yes", "write 1 where the spell ended, 0 where it is censored"),
    ("event", "3 days", "write the number alone"),
    ("controls", "high", "make a column of 0 and 1 for each name of a group, or add --missing 'high' if it stands for no value"),
    ("controls", "#VALUE!", "correct it, or add --missing '#VALUE!'"),
    ("duration", "2001-01-01", "a date: write the time that has passed since the start"),
    ("entry", "1jan2001", "a date: write the time that has passed since the start"),
]


@pytest.mark.parametrize(("role", "cell", "advice"), ROLE_ADVICE)
def test_advice_is_that_of_the_role(reading, role, cell, advice):
    with pytest.raises(DataError, match=re.escape(f"--{role} needs numbers; {advice}")):
        reading(column([cell]), {"y": {role}})


ANSWERED = [
    (",", ["2,543", "1", "12,345.5"], {"thousands": ","}, [2543, 1, 12345.5]),
    (",", ["2,543", "1"], {"decimal": ","}, [2.543, 1]),
    (";", ["1.234.567,8", "2,5", "1.000"], {"thousands": "."}, [1234567.8, 2.5, 1000]),
    (";", ["1.234", "7"], {"decimal": "."}, [1.234, 7]),
    (";", ["1,234", "7"], {"decimal": ","}, [1.234, 7]),
    (";", ["1 234,5", "7", "1\u202f000"], {"thousands": "space"}, [1234.5, 7, 1000]),
    (",", ["1'234.5", "1\u2019000"], {"thousands": "apostrophe"}, [1234.5, 1000]),
    (";", ["inf", "2,5"], {"decimal": ","}, [np.inf, 2.5]),
    (";", ["1 000", "7"], {"thousands": "space"}, [1000, 7]),
]


@pytest.mark.parametrize(("delimiter", "cells", "asked", "values"), ANSWERED)
def test_an_answer_is_taken(reading, delimiter, cells, asked, values):
    np.testing.assert_array_equal(reading(column(cells, delimiter), **asked)["y"].to_numpy(float), values)


@pytest.mark.parametrize(
    ("cells", "asked"), [(["12,34"], {"thousands": ","}), (["1,23,456"], {"thousands": ","}), (["1.234,5", "2.5"], {"thousands": "."})]
)
def test_marks_that_do_not_separate_three_digits_are_refused(reading, cells, asked):
    with pytest.raises(DataError, match="needs numbers"):
        reading(column(cells, ";"), **asked)


@pytest.mark.parametrize(
    ("cells", "row", "value", "advice"),
    [
        (["10,8144", "9,5", "12,3x", "11,25"], 4, "12,3x", "write the number alone"),
        (["10,8144", "9,5", "12.5", "11,25"], 4, "12.5", "the decimal mark of this column is a comma"),
        (["10,8144", "9,5", "many", "7"], 4, "many", "correct it"),
        # Thousands as likely as decimals: the first cell that is no number with points.
        (["1,234", "2,500", "12,3x"], 2, "1,234", "--thousands , if"),
        (["10.8", "9.5", "12,3"], 4, "12,3", "--decimal ,"),
    ],
)
def test_the_cell_named_is_the_one_unlike_the_others(reading, cells, row, value, advice):
    with pytest.raises(DataError, match=re.escape(f"row {row}, column 'y', value '{value}'")) as found:
        reading(column(cells, ";"))
    assert advice in str(found.value)


def test_decimal_commas_are_read_where_nothing_else_can_be_meant(reading):
    frame = reading(column(["2,5", "-,25", "7", "0,123", "1,5e-3"], ";"))
    assert frame["y"].tolist() == [2.5, -0.25, 7, 0.123, 0.0015]
    assert "decimal commas are read in y" in frame.attrs["notes"]


def test_a_sure_column_settles_the_marks_of_the_others(reading):
    roles = {"id": {"unit"}, "y": {"outcome"}, "x": {"controls"}}
    assert reading("id;y;x\na;2,5;1,234\nb;3;2,345\n", roles)["x"].tolist() == [1.234, 2.345]
    with pytest.raises(DataError, match=re.escape("column 'x', value '1.234': --controls needs numbers; add --thousands .")):
        reading("id|y|x\na|2,5|1.234\nb|3|2.345\n", roles)


def test_points_are_decimal_where_another_column_has_sure_ones(reading):
    roles = {"id": {"unit"}, "y": {"outcome"}, "x": {"controls"}}
    assert reading("id;y;x\na;2.5;1.234\nb;3;2.345\n", roles)["x"].tolist() == [1.234, 2.345]
    with pytest.raises(DataError, match=r"column 'x', value '1\.234'"):
        reading("id;y;x\na;2e5;1.234\nb;3;2.345\n", roles)
    with pytest.raises(DataError, match="column 'x', value '1,234'"):
        reading("id;y;x\na;2.5;1,234\nb;3;2,345\n", roles)
    with pytest.raises(DataError, match=r"column 'x', value '1\.234'"):
        reading("id;y;z;x\na;2.5;2,5;1.234\nb;3;2;2.345\n", roles | {"z": {"weights"}})


def test_numbers_without_a_mark_are_in_no_doubt(reading):
    assert reading(column(["2e5", "inf", "3"], ";"))["y"].tolist() == [2e5, np.inf, 3]
    # Thousands without decimals tell nothing of the decimal mark of others.
    with pytest.raises(DataError, match=r"column 'x', value '1,23'"):
        reading("id|y|x\na|1 000|1,23\nb|3|2.5\n", {"id": {"unit"}, "y": {"outcome"}, "x": {"controls"}}, thousands=" ")


def test_periods_may_be_text_only_where_it_is_said_what_they_are(reading):
    roles = {"id": {"unit"}, "q": {"time"}, "y": {"outcome"}}
    text = "id,q,y\na,2019Q1,1\na,NA,2\n"
    with pytest.raises(DataError, match=r"row 2, column 'q', value '2019Q1': --time needs numbers; .*--frequency"):
        reading(text, roles)
    assert reading(text, roles, periods_as_text=True)["q"].tolist() == ["2019Q1", None]
