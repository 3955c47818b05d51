"""Every estimator of the registry under changes of its data that may change nothing; the check job runs them all on seed 1."""

from dataclasses import replace

import pytest

from analysis.core.catalogue import modules
from analysis.core.method import method_of
from analysis.validation.metamorphic import case_of, outcomes_of, same

# The long version and the check job go through them too.
SLOW = ("through Stata", "through Excel", "columns named as our own, otherwise", "never as 9999", "never as infinity", "every second year")


@pytest.mark.parametrize("estimator", modules("estimator"))
def test_harmless_changes_change_nothing(estimator):
    found = outcomes_of(replace(case_of(estimator), seed=2), SLOW)
    assert {change: difference for change, difference in found.items() if difference} == {}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 4, 5])
@pytest.mark.parametrize("estimator", modules("estimator"))
def test_harmless_changes_change_nothing_on_other_data(estimator, seed):
    found = outcomes_of(replace(case_of(estimator), seed=seed))
    assert {change: difference for change, difference in found.items() if difference} == {}


@pytest.mark.parametrize("estimator", modules("estimator"))
def test_a_case_gives_the_method_what_it_needs(estimator):
    case = case_of(estimator)
    method_of(estimator).check(case.specification(), set(case.fields))


def test_a_difference_is_seen():
    rows = [{"term": "x", "estimate": 1.0, "std_error": 0.5, "n_obs": 10}]
    assert same(rows, rows) == ""
    for key, value in (("estimate", 1.0 + 1e-7), ("std_error", 0.5 + 1e-7), ("n_obs", 11)):
        assert key in same(rows, [rows[0] | {key: value}])
    assert same(rows, "SUPPORT") and same(rows, [])
