"""Cases compared over their own periods: the panel of those periods alone, and a planted effect."""

import numpy as np
import pandas as pd
import pytest

from analysis import estimate

COLUMNS = {"outcome": "y", "unit": "unit", "time": "year", "cohort": "first"}
pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def panel():
    """Thirty controls and two cases of two factors, effects 2 and -3; a case begins late, another ends early, and controls have holes."""
    random = np.random.default_rng(11)
    years = np.arange(2000, 2016)
    factors = np.column_stack([np.cumsum(random.normal(size=16)), np.linspace(0, 3, 16)])
    cases = {"late": (2010, 2.0, 2004, 2015), "early": (2007, -3.0, 2000, 2012)}
    rows = []
    for unit in [*(f"u{i:02d}" for i in range(30)), *cases]:
        first, effect, begins, ends = cases.get(unit, (0, 0.0, 2000, 2015))
        loads = random.uniform(0.2, 0.8, 2)
        values = factors @ loads + random.normal(scale=0.05, size=16) + effect * ((first > 0) & (years >= first))
        rows += [(unit, y, first, v) for y, v in zip(years, values, strict=True) if begins <= y <= ends]
    table = pd.DataFrame(rows, columns=["unit", "year", "first", "y"])
    return table[~((table["unit"] == "u03") & (table["year"] == 2009)) & ~((table["unit"] == "u07") & (table["year"] == 2001))]


def cases_of(found):
    return found[found["term"] == "case"].set_index("setting")


def test_a_case_is_that_of_the_panel_of_its_own_periods(panel):
    found = cases_of(estimate(panel, "synthetic_cases", **COLUMNS, every_cohort=True, window=[-6, 3]))
    for case, (low, high) in {"late": (2004, 2013), "early": (2001, 2010)}.items():
        own = panel[panel["year"].between(low, high) & ((panel["first"] == 0) | (panel["unit"] == case))]
        alone = cases_of(estimate(own, "synthetic_cases", **COLUMNS)).loc[case]
        assert found.loc[case, "estimate"] == pytest.approx(alone["estimate"], abs=1e-9)
        assert found.loc[case, "p_value"] == alone["p_value"]
        assert found.loc[case, "draws"] == alone["draws"] == {"late": 29, "early": 28}[case]  # controls with a hole serve elsewhere


def test_it_finds_planted_effects(panel):
    found = cases_of(estimate(panel, "synthetic_cases", **COLUMNS, every_cohort=True, window=[-6, 3]))
    assert found.loc["late", "estimate"] == pytest.approx(2.0, abs=0.3)
    assert found.loc["early", "estimate"] == pytest.approx(-3.0, abs=0.3)


def test_what_a_window_does_not_hold_is_a_row_with_its_reason(panel):
    short = panel[(panel["unit"] != "late") | (panel["year"] >= 2009)]
    found = cases_of(estimate(short, "synthetic_cases", **COLUMNS, every_cohort=True, window=[-6, 3]))
    assert "1 periods before and 4 after" in found.loc["late", "reason"]
    assert pd.isna(found.loc["late", "estimate"]) and pd.notna(found.loc["early", "estimate"])


@pytest.mark.parametrize("window", [[-1, 3], [-5, -1], [3], [-5, 0, 3]])
def test_a_window_without_both_sides_is_refused(panel, window):
    with pytest.raises(ValueError, match="window is the first and the last event time"):
        estimate(panel, "synthetic_cases", **COLUMNS, every_cohort=True, window=window)
