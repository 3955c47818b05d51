"""What is wrong with an option is said in attributes, so that no caller reads it out of a message."""

import ast
import pickle

import pandas as pd
import pytest

from analysis.core.catalogue import ROOT
from analysis.core.errors import BadOption, unknown
from analysis.core.specification import Specification
from analysis.estimators import callaway_santanna, two_way_fixed_effects

PANEL = pd.DataFrame({"unit": list("aabbcc"), "year": [1, 2] * 3, "first": [2, 2, 0, 0, 0, 0], "y": [1, 3, 0, 4, 9, 9], "x": [1, 2] * 3})
FIELDS = {"outcome": "y", "unit": "unit", "time": "year", "cohort": "first"}


def calls(name):
    for path in sorted((ROOT / "analysis").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield path.relative_to(ROOT).as_posix(), node


def test_every_wrong_option_carries_what_it_was_and_what_it_may_be():
    found = list(calls("BadOption"))
    assert found
    assert [f"{path}:{node.lineno}" for path, node in found if len(node.args) != 4] == []


def test_estimators_raise_no_bare_value_error():
    rooms = ("analysis/estimators/", "analysis/inference/")
    assert [f"{path}:{node.lineno}" for path, node in calls("ValueError") if path.startswith(rooms)] == []


@pytest.mark.parametrize(
    ("module", "options", "more", "option", "value", "valid"),
    [
        (
            callaway_santanna,
            {"aggregation": "sipmle"},
            {},
            "aggregation",
            "sipmle",
            ("simple", "dynamic", "group", "calendar", "group_time"),
        ),
        (callaway_santanna, {"randomization_draws": 9}, {"controls": ("x",)}, "randomization_draws", 9, (0,)),
        (two_way_fixed_effects, {"aggregation": "dynamic", "few_treated": "conley_taber"}, {}, "few_treated", "conley_taber", ("none",)),
    ],
)
def test_a_wrong_option_says_so_in_attributes(module, options, more, option, value, valid):
    name = module.__name__.rsplit(".", 1)[-1]
    with pytest.raises(BadOption) as error:
        module.estimate(PANEL, Specification("t", name, options=options, **FIELDS, **more))
    assert (error.value.option, error.value.value, error.value.valid) == (option, value, valid)


def test_errors_pass_between_processes_whole():
    for error in (BadOption("x is 1", "x", 1, (2, 3)), unknown("a", ["b", "c"], "here")):
        again = pickle.loads(pickle.dumps(error))
        assert str(again) == str(error) and vars(again) == vars(error)
