"""Contracts take columns over from others and may narrow them, never widen them."""

import pytest

from analysis.core.errors import ConfigError, UnknownName
from analysis.core.inheritance import resolved

RAW = {
    "columns": {
        "year": {"type": "integer", "minimum": 2000, "description": "Year"},
        "rd": {"type": "number", "unit": "million", "description": "R&D"},
    }
}


def of(columns, inherits="raw", **more):
    return resolved({"raw": RAW, "table": {"title": "T", "inherits": inherits, "columns": columns}, **more})["table"]


def test_a_column_without_a_type_is_the_parents_as_narrowed_and_stands_where_the_table_puts_it():
    table = of({"name": {"type": "text", "description": "Name"}, "rd": None, "year": {"minimum": 2009}})
    assert list(table["columns"]) == ["name", "rd", "year"] and "inherits" not in table
    assert table["columns"]["rd"] == RAW["columns"]["rd"]
    assert table["columns"]["year"] == {"type": "integer", "minimum": 2009, "description": "Year"}


def test_columns_are_handed_down_over_generations_and_from_several_parents():
    further = {"panel": {"inherits": ["other", "table"], "columns": {"rd": None, "city": None}}}
    other = {"other": {"columns": {"city": {"type": "text", "description": "City"}}}}
    found = resolved({"raw": RAW, "table": {"inherits": "raw", "columns": {"rd": {"required": True}}}, **other, **further})
    assert found["panel"]["columns"]["rd"] == {**RAW["columns"]["rd"], "required": True}
    assert found["panel"]["columns"]["city"]["description"] == "City"


def test_a_column_with_its_own_type_is_its_own():
    assert of({"rd": {"type": "text", "description": "Words"}})["columns"]["rd"] == {"type": "text", "description": "Words"}


@pytest.mark.parametrize("rule", [{"minimum": 1990}, {"unit": "euro"}])
def test_what_widens_is_refused(rule):
    with pytest.raises(ConfigError, match="widen"):
        of({"year" if "minimum" in rule else "rd": rule})


def test_unknown_parents_and_columns_come_with_the_nearest_names():
    with pytest.raises(UnknownName, match="Did you mean 'raw'"):
        of({"rd": None}, inherits="row")
    with pytest.raises(UnknownName, match="says no type"):
        of({"sales": None})
    with pytest.raises(ConfigError, match="inherits from none"):
        resolved({"table": {"columns": {"rd": None}}})


def test_a_circle_is_refused_by_its_way():
    with pytest.raises(ConfigError, match="a → b → a"):
        resolved({"a": {"inherits": "b", "columns": {}}, "b": {"inherits": "a", "columns": {}}})
