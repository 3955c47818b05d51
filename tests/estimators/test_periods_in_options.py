"""Options that name a period are written as the data write periods: quarters, half-years and waves give the same numbers."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.errors import BadOption
from analysis.core.specification import Specification
from analysis.estimators import (
    callaway_santanna,
    extended_two_way_fixed_effects,
    gray_test,
    misclassification_bounds,
    sun_abraham,
    synthetic_cases,
)

pytestmark = pytest.mark.fast

RNG = np.random.default_rng(11)
YEARS = np.arange(2001, 2013)
PANEL = pd.DataFrame({"firm": np.repeat(range(16), 12), "year": np.tile(YEARS, 16)})
PANEL["g"] = np.select([PANEL["firm"] < 3, PANEL["firm"] < 6], [2006, 2008], 0)
PANEL["y"] = 1.5 * ((PANEL["g"] > 0) & (PANEL["year"] >= PANEL["g"])) + RNG.normal(size=len(PANEL))
CODINGS = {
    "quarters": lambda year: (2001 + (year - 2001) // 4) * 10 + (year - 2001) % 4 + 1,
    "half-years": lambda year: (2001 + (year - 2001) // 2) * 10 + (year - 2001) % 2 + 1,
    "months": lambda year: 200100 + year - 2000,
}


def rows(module, panel, **options) -> list[tuple]:
    specification = Specification(
        name="p", estimator=module.__name__.rpartition(".")[2], outcome="y", unit="firm", time="year", cohort="g", options=options
    )
    return [(row["term"], row.get("estimate"), row.get("setting")) for row in module.estimate(panel, specification)]


def coded(how) -> pd.DataFrame:
    return PANEL.assign(year=how(PANEL["year"]), g=np.where(PANEL["g"] > 0, how(PANEL["g"]), 0))


@pytest.mark.parametrize("coding", CODINGS)
def test_cohorts_in_options_are_read_as_those_of_the_data(coding):
    how = CODINGS[coding]
    panel = coded(how)
    yearly = rows(misclassification_bounds, PANEL, n_hidden=1, hidden_cohorts=[2005, 2007])
    other = rows(misclassification_bounds, panel, n_hidden=1, hidden_cohorts=[int(how(2005)), int(how(2007))])
    assert [row[1] for row in other] == pytest.approx([row[1] for row in yearly], rel=1e-12)
    assert any(str(how(2005)) in str(row[2]) or str(how(2007)) in str(row[2]) for row in other)
    cases = [row[1] for row in rows(synthetic_cases, PANEL, cases_of=2008)]
    assert [row[1] for row in rows(synthetic_cases, panel, cases_of=int(how(2008)))] == pytest.approx(cases, nan_ok=True)
    with pytest.raises(BadOption, match="cases_of names 20059"):
        rows(synthetic_cases, coded(CODINGS["quarters"]), cases_of=20059)


@pytest.mark.parametrize("module", [callaway_santanna, extended_two_way_fixed_effects, sun_abraham])
def test_averages_by_period_name_it_as_the_data_write_it(module):
    quarters = CODINGS["quarters"]
    yearly, other = (rows(module, panel, aggregation="calendar") for panel in (PANEL, coded(quarters)))
    periods = [int(setting) for term, _, setting in yearly if term == "calendar"]
    assert periods == list(range(2006, 2013))
    assert [setting for term, _, setting in other if term == "calendar"] == [str(quarters(period)) for period in periods]


def test_a_cohort_that_no_unit_could_be_hidden_in_is_refused():
    for outside in (2001, 1990, -1, 2019):
        with pytest.raises(ValueError, match=f"no treatment can start in {outside}"):
            rows(misclassification_bounds, PANEL, n_hidden=1, hidden_cohorts=[outside])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_refused(value):
    with pytest.raises(BadOption, match="must be a finite number"):
        gray_test.METHOD.read(Specification(name="p", estimator="gray_test", options={"rho": value}))
