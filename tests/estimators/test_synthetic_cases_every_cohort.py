"""Cases of every cohort, and cases by synthetic difference-in-differences."""

import numpy as np
import pandas as pd
import pytest

from analysis import estimate

COLUMNS = {"outcome": "y", "unit": "unit", "time": "year", "cohort": "first"}


@pytest.fixture(scope="module")
def panel():
    """Fourteen controls and three cases of two cohorts that follow two common factors; effects of 2, 3 and 4."""
    random = np.random.default_rng(5)
    years = np.arange(2000, 2016)
    factors = np.column_stack([np.cumsum(random.normal(size=16)), np.linspace(0, 3, 16)])
    cases = {"c1": (2008, 2.0), "c2": (2008, 3.0), "c3": (2011, 4.0)}
    rows = []
    for unit in [*(f"u{i:02d}" for i in range(14)), *cases]:
        first, effect = cases.get(unit, (0, 0.0))
        loads = random.uniform(0.2, 0.8, 2)
        values = factors @ loads + random.normal(scale=0.05, size=16) + effect * ((first > 0) & (years >= first))
        rows += [(unit, year, first, value) for year, value in zip(years, values, strict=True)]
    return pd.DataFrame(rows, columns=["unit", "year", "first", "y"])


def cases_of(found):
    return found[found["term"] == "case"].set_index("setting")["estimate"]


def test_every_cohort_is_each_cohort_by_itself(panel):
    every = cases_of(estimate(panel, "synthetic_cases", **COLUMNS, every_cohort=True))
    for cohort in (2008, 2011):
        alone = cases_of(estimate(panel, "synthetic_cases", **COLUMNS, cases_of=cohort))
        assert every[alone.index].to_numpy() == pytest.approx(alone.to_numpy(), abs=1e-9)
    assert every.sort_index().to_numpy() == pytest.approx([2.0, 3.0, 4.0], abs=0.4)


def test_a_case_by_changes_is_synthetic_did_of_the_case_alone(panel):
    found = estimate(panel, "synthetic_cases", **COLUMNS, every_cohort=True, comparison="synthetic_did")
    for case in ("c1", "c2", "c3"):
        alone = panel[(panel["first"] == 0) | (panel["unit"] == case)]
        row = estimate(alone, "synthetic_did", **COLUMNS, weights="exact", placebo_draws=0).query("term == 'att'").iloc[0]
        assert cases_of(found)[case] == pytest.approx(row["estimate"], abs=1e-8)
    assert found.loc[found["term"] == "case", "p_value"].tolist() == [pytest.approx(1 / 15)] * 3
    assert cases_of(found).sort_index().to_numpy() == pytest.approx([2.0, 3.0, 4.0], abs=0.4)


def test_a_level_that_no_control_has_moves_synthetic_control_alone(panel):
    raised = panel.assign(y=panel["y"] + 50.0 * (panel["unit"] == "c1"))
    changes = {"comparison": "synthetic_did", "every_cohort": True}
    one, two = (cases_of(estimate(data, "synthetic_cases", **COLUMNS, **changes))["c1"] for data in (panel, raised))
    assert one == pytest.approx(two, abs=1e-6)
    assert cases_of(estimate(raised, "synthetic_cases", **COLUMNS, every_cohort=True))["c1"] > 40


def test_a_cohort_and_every_cohort_are_refused(panel):
    with pytest.raises(ValueError, match="every_cohort takes all cohorts"):
        estimate(panel, "synthetic_cases", **COLUMNS, every_cohort=True, cases_of=2008)
