"""Relations and sizes of raw columns: each kind of rule tells a slip of units, names its place, and lets what is right pass."""

import pandas as pd
import pytest

from analysis.core.config import load
from analysis.core.errors import UnknownName
from analysis.core.plausibility import check_names, implausible

pytestmark = pytest.mark.fast

TABLE = pd.DataFrame(
    {
        "unit": pd.array(list("aaabbb"), dtype="string"),
        "year": pd.array([1, 2, 3] * 2, dtype="Int64"),
        "whole": [100.0, 110, 120, 1000, 1100, 1200],
        "part": [10.0, 11, 0, 200, 220, 240],
        "rate": [10.0, 10, None, 20, 20, 20],
    }
)
RULES = {
    "each": {"columns": ["part"], "of": ["whole"], "each": [0.05, 1], "why": "a part"},
    "quotient": {"columns": ["rate"], "of": ["part"], "per": "whole", "each": [90, 110], "why": "percent"},
    "median": {"columns": ["part"], "median": [10, 1000], "why": "size"},
    "median of each year": {"columns": ["whole"], "median": [10, 2000], "within": ["unit"], "why": "size"},
    "total": {"columns": ["part"], "where": {"year": 1}, "total": [200, 220], "why": "published"},
    "step": {"columns": ["part", "whole"], "step": 30, "within": ["unit"], "by": "year", "why": "slow"},
}


def found(table, *rules):
    return implausible(table, {"key": ["unit", "year"], "columns": dict.fromkeys(table), "plausible": list(rules)}, "raw.csv")


def slipped(column, rows, factor=1000.0):
    table = TABLE.copy()
    table.loc[rows, column] *= factor
    return table


def test_what_is_right_passes():
    assert found(TABLE, *RULES.values()) == []
    assert found(TABLE.sample(frac=1, random_state=1).reset_index(drop=True), *RULES.values()) == []


@pytest.mark.parametrize(
    ("rule", "column", "rows", "said"),
    [
        ("each", "part", [1], "raw.csv, row 3, column 'part', value '11000.0': must over 'whole' lie from 0.05 to 1: a part"),
        ("each", "whole", [3], "raw.csv, row 5, column 'part', value '200.0': must over 'whole' lie from 0.05 to 1: a part"),
        (
            "quotient",
            "rate",
            [4],
            "raw.csv, row 6, column 'rate', value '20000.0': must over 'part' per 'whole' lie from 90 to 110: percent",
        ),
        ("median", "part", range(6), "raw.csv, column 'part': its middle is 2e+05 and must lie from 10 to 1000: size"),
        (
            "median of each year",
            "whole",
            [3, 4, 5],
            "raw.csv, column 'whole': its middle in b is 1.1e+06 and must lie from 10 to 2000: size",
        ),
        ("total", "part", [0], "raw.csv, column 'part': adds up to 10200 and must lie from 200 to 220: published"),
        ("step", "part", [4], "raw.csv, row 6, column 'part', value '220000.0': jumps by a factor above 30 from 'year' to the next: slow"),
    ],
)
def test_a_slip_of_units_is_located(rule, column, rows, said):
    assert said in found(slipped(column, list(rows)), RULES[rule])


def test_a_negative_number_counts_by_its_size():
    assert found(slipped("part", [1], -1.0), RULES["each"], RULES["step"]) == []


def test_rows_known_to_break_a_rule_are_left_alone():
    table = slipped("part", [1])
    assert found(table, RULES["each"] | {"known": [["a", "2"]]}, RULES["step"] | {"known": [["a", "2"]]}) == []
    assert found(table, RULES["each"] | {"known": [["a", "3"]]})


def test_a_floor_leaves_small_rows_alone():
    assert found(slipped("part", [1]), RULES["each"] | {"floor": 1000}) == []
    assert found(slipped("part", [4]), RULES["each"] | {"floor": 1000})


@pytest.mark.parametrize(
    "rule", [{"columns": ["prat"]}, {"columns": ["part"], "of": ["prat"]}, {"columns": ["part"], "where": {"prat": 1}}]
)
def test_a_misspelt_column_is_named_with_the_nearest(rule):
    with pytest.raises(UnknownName, match=r"raw.yaml: plausible: unknown column 'prat'.*part"):
        check_names("raw", {"columns": dict.fromkeys(TABLE), "plausible": [rule]})


def test_no_rule_is_kept_up_by_rows_that_are_no_longer_there():
    """A key that is `known` to break a rule names a row of the file and breaks it: else it would hide another."""
    from analysis.core.contracts import read_raw
    from analysis.core.rawfiles import ROOT, locate, missing

    for contract in load()["raw"].values():
        rules = [rule for rule in contract.get("plausible", ()) if "known" in rule]
        if not rules or missing(contract):
            continue
        table = read_raw(ROOT / locate(contract)["file"], contract)
        for rule in rules:
            bare = {key: value for key, value in rule.items() if key != "known"}
            assert implausible(table, contract | {"plausible": [bare]}, ""), rule
