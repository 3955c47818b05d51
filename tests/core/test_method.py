"""Options: what may be asked, and that everything else is refused in one line."""

import pytest

from analysis.core.errors import BadOption
from analysis.core.options import PRETREND_POWER, Option

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        (Option([-5, 4], ""), [-5, None], "holds 'None'; its items must be whole numbers"),
        (Option([-5, 4], ""), [-5, 1.5], "holds '1.5'; its items must be whole numbers"),
        (Option([-5, 4], ""), [True, 2], "whole numbers"),
        (Option([], "", minimum=0), ["a"], "its items must be numbers"),
        (Option([], "", minimum=0), [0.5, -0.1], "is -0.1; it must be at least 0"),
        (Option([], "", columns=True), [3.5], "its items must be names of columns"),
        (Option(0.5, "", minimum=0, below=1), 1, "is 1.0; it must be below 1"),
        (Option(0.5, "", minimum=0, maximum=1), 2.0, "it must be at most 1"),
        (Option(0.5, "", minimum=0), float("nan"), "must be a finite number"),
        (Option(9, "", minimum=1), 0, "it must be at least 1"),
        (Option(None, "", period=True), 2016.5, "it must be a whole number, like 2019"),
        (Option(None, "", period=True), "abc", "it must be a whole number"),
        (Option(None, "", period=True), [2016], "it must be a whole number"),
        (Option("China", "", name=True), [3], "it must be a text"),
        (PRETREND_POWER, 80, "it must be below 1"),
        (PRETREND_POWER, -0.5, "it must be at least 0"),
    ],
)
def test_what_is_not_allowed_is_refused(option, value, told):
    with pytest.raises(BadOption, match=told):
        option.check("name", value, "asked by")


def test_what_is_allowed_comes_back_typed():
    assert Option([-5, 4], "").check("name", [-3.0, 2], "") == [-3, 2]
    assert Option([], "", minimum=0).check("name", 0.5, "") == [0.5]
    assert Option([], "", columns=True).check("name", "size", "") == ["size"]
    assert PRETREND_POWER.check("name", 0.5, "") == 0.5
    assert Option(None, "", period=True).check("name", "2016", "") == 2016 and Option(None, "", period=True).check("name", None, "") is None
    assert Option("China", "", name=True).check("name", 3, "") == Option("China", "", name=True).check("name", 3.0, "") == "3"
    assert Option(["x"], "", name=True).check("name", [3, "01"], "") == ["3", "01"]
