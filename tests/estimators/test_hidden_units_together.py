"""Hidden units of one cohort: sorting finds what enumeration finds, for one unit, two and three, and a planted effect."""

import numpy as np
import pandas as pd
import pytest

from analysis import estimate

COLUMNS = {"outcome": "y", "unit": "unit", "time": "year", "cohort": "first"}
pytestmark = pytest.mark.fast


def panel_of(seed, effect=0.0, hidden=0):
    """Eighteen units over eight years; four treated in two cohorts, `hidden` more treated in 2004 that the labels do not name."""
    random = np.random.default_rng(seed)
    first = np.array([2003, 2003, 2005, 2006] + [0] * 14)
    true = first.copy()
    true[4 : 4 + hidden] = 2004
    rows = []
    for unit, (shown, real) in enumerate(zip(first, true, strict=True)):
        path = random.normal(size=8).cumsum()
        for year, value in zip(range(2000, 2008), path, strict=True):
            rows.append((f"u{unit:02d}", year, shown, value + effect * (real > 0 and year >= real)))
    return pd.DataFrame(rows, columns=["unit", "year", "first", "y"])


def ends_of(table):
    return table.set_index("term").loc[["att_lowest", "att_highest"], "estimate"].to_numpy(float)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("n_hidden", [1, 2, 3])
@pytest.mark.parametrize("cohort", [2002, 2005])
def test_sorting_finds_the_extremes_of_enumeration(seed, n_hidden, cohort):
    given = {"n_hidden": n_hidden, "hidden_cohorts": [cohort]}
    panel = panel_of(seed)
    sorted_ends = ends_of(estimate(panel, "misclassification_bounds", **COLUMNS, **given, together=True))
    assert sorted_ends == pytest.approx(ends_of(estimate(panel, "misclassification_bounds", **COLUMNS, **given)), abs=1e-10)


def test_several_cohorts_are_taken_in_turn():
    panel, cohorts = panel_of(3), [2002, 2004, 2007]
    alone = [
        ends_of(estimate(panel, "misclassification_bounds", **COLUMNS, n_hidden=4, hidden_cohorts=[c], together=True)) for c in cohorts
    ]
    every = ends_of(estimate(panel, "misclassification_bounds", **COLUMNS, n_hidden=4, hidden_cohorts=cohorts, together=True))
    assert every == pytest.approx([min(a[0] for a in alone), max(a[1] for a in alone)], abs=1e-12)


def test_bounds_hold_the_effect_that_hidden_units_hide():
    panel = panel_of(8, effect=5.0, hidden=5)
    table = estimate(panel, "misclassification_bounds", **COLUMNS, n_hidden=5, hidden_cohorts=[2004], together=True).set_index("term")
    true = panel.assign(first=np.where(panel["unit"].isin([f"u{i:02d}" for i in range(4, 9)]), 2004, panel["first"]))
    known = estimate(true, "callaway_santanna", **COLUMNS).query("term == 'att'")["estimate"].iloc[0]
    assert table.loc["att_lowest", "estimate"] <= known <= table.loc["att_highest", "estimate"]
    assert "att_median" not in table.index and "share_negative" not in table.index


def test_holes_and_too_many_hidden_are_refused():
    panel = panel_of(1)
    found = estimate(panel.drop(index=60), "misclassification_bounds", **COLUMNS, n_hidden=2, hidden_cohorts=[2004], together=True)
    assert "together needs every unit in every period" in found["reason"].iloc[0]
    for too_many in (14, 20):
        found = estimate(panel, "misclassification_bounds", **COLUMNS, n_hidden=too_many, hidden_cohorts=[2004], together=True)
        assert found["reason"].notna().all()
