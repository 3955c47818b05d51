"""Columns of names are text exactly as written."""

import pandas as pd
import pytest

from analysis.core.columns import names
from tests.sources.files.conftest import lines_of

pytestmark = pytest.mark.fast

SPELLINGS = ["01", "1", "001", "1.0", "+1", "1e0", "TRUE", "NA", "None", "NO", "nan", "null", "N/A", ".", "12345678901234567890"]


@pytest.mark.parametrize("role", ["unit", "cluster", "strata", "fixed_effects"])
def test_every_spelling_is_a_name_of_its_own(reading, role):
    rows = "".join(f"{name},1\n" for name in SPELLINGS)
    frame = reading("id,y\n" + rows, {"id": {role}, "y": {"outcome"}})
    assert frame["id"].tolist() == SPELLINGS


def test_ids_of_17_digits_with_a_blank_stay_apart(reading):
    frame = reading("id,y\n12345678901234567,1\n12345678901234568,2\n,3\n  ,4\n")
    assert pd.Series(names(frame["id"], "", "", int)).nunique() == 2
    assert frame["id"].nunique() == 2 and frame["id"].isna().tolist() == [False, False, True, True]


def test_only_what_is_said_to_be_missing_is(reading):
    frame = reading("id,y\nNA,1\nna,2\n.,3\n", missing=("NA", "."))
    assert frame["id"].tolist() == [None, "na", None]
    assert "column 'id': read as missing: 'NA' 1, '.' 1" in frame.attrs["notes"]


def test_a_name_that_is_also_a_number_is_a_number_but_a_unit_is_text(reading):
    text = "id,year,y\n01,2001,1\n1,2002,2\n"
    frame = reading(text, {"id": {"unit", "controls"}, "year": {"time", "fixed_effects"}, "y": {"outcome"}})
    assert frame["id"].tolist() == ["01", "1"] and frame["year"].tolist() == [2001, 2002]


def test_names_that_differ_by_spaces_are_kept_apart_and_noted(reading):
    frame = reading('id,y\n"a ",1\na,2\n')
    assert frame["id"].tolist() == ["a ", "a"] and "differ only by spaces" in frame.attrs["notes"][0]


def test_columns_named_by_options_are_numbers_where_all_cells_are(reading):
    frame = reading("id,y,z,w\na,1,NA,b\nb,2,3,4\n", also=["z", "w", "absent"])
    assert frame["z"].isna().tolist() == [True, False] and frame["w"].tolist() == ["b", "4"]
    assert lines_of(frame) == [2, 3]


@pytest.mark.parametrize(("one", "other"), [("Se\u0301lestat", "S\u00e9lestat"), ("Guangdong", "Guang\u200bdong"), ("abc", "\u202eabc")])
def test_names_that_look_alike_are_kept_apart_and_told(reading, one, other):
    frame = reading(f"id,y\n{one},1\n{other},2\n\u4e1c,3\n")
    assert frame["id"].nunique() == 3 and any("look alike" in note for note in frame.attrs["notes"])
