"""One cell that is no number, among numbers, is refused where it stands: with its row and what it holds."""

import datetime

import pandas as pd
import pytest

from analysis.core.any_table import estimate
from analysis.core.columns import names
from analysis.core.errors import DataError

pytestmark = pytest.mark.fast

PANEL = pd.DataFrame({"firm": [unit for unit in range(10) for _ in range(8)], "year": [*range(2001, 2009)] * 10})
PANEL["g"] = PANEL["firm"].map(lambda firm: 2004 if firm < 5 else 0)
PANEL["x"] = (PANEL.index * 7 % 13) / 2 + 0.25
PANEL["y"] = (PANEL.index * 5 % 11) + PANEL["x"]
CELLS = [
    (datetime.datetime(2020, 1, 2), "2020-01-02"),
    (datetime.date(2020, 1, 2), "2020-01-02"),
    (datetime.timedelta(3), "3 days"),
    (datetime.time(3), "03:00"),
    (pd.Period("2020Q1"), "2020Q1"),
    (b"12", "12"),
    (True, "True"),
    (3j, "3j"),
]


@pytest.mark.parametrize("column", ["x", "year", "g"])
@pytest.mark.parametrize(("value", "shown"), CELLS)
def test_a_cell_that_is_no_number_is_named(column, value, shown):
    panel = PANEL.assign(**{column: PANEL[column].astype(object)})
    panel.at[48, column] = value
    with pytest.raises(DataError) as error:
        estimate(panel, "callaway_santanna", outcome="y", unit="firm", time="year", cohort="g", controls=["x"])
    assert "row 48," in str(error.value) and f"'{column}'" in str(error.value) and shown in str(error.value)


def test_true_and_false_alone_and_beside_0_and_1_are_numbers():
    plain = estimate(PANEL.assign(d=(PANEL["firm"] < 5) * 1), "pooled", outcome="y", controls=["d"])
    for marks in ({1: True, 0: False}, {1: True, 0: 0}):
        panel = PANEL.assign(d=(PANEL["firm"] < 5).mul(1).map(marks).astype(object))
        assert estimate(panel, "pooled", outcome="y", controls=["d"])["estimate"].equals(plain["estimate"])


def test_a_name_that_is_missing_beside_one_that_is_blank_is_missing():
    found = names(pd.Series(["a", "", None, "b"]), "the data", "--unit", lambda row: row + 2)
    assert list(found) == ["a", None, None, "b"]
