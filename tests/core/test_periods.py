"""Cohorts, and periods in options, that are no period as the data write them would mean never treated: they are refused."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.any_table import estimate
from analysis.core.errors import BadOption, DataError

pytestmark = pytest.mark.fast

RNG = np.random.default_rng(4)
PANEL = pd.DataFrame({"firm": np.repeat(range(24), 8), "year": np.tile(range(2001, 2009), 24)})
PANEL["g"] = np.select([PANEL["firm"] < 8, PANEL["firm"] < 16], [2004, 2006], 0)
PANEL["y"] = 1.0 * ((PANEL["g"] > 0) & (PANEL["year"] >= PANEL["g"])) + RNG.normal(size=len(PANEL))
NAMES = {"outcome": "y", "unit": "firm", "time": "year", "cohort": "g"}
WRITTEN = {
    "months": lambda year: 201010 + year - 2000 if year < 2003 else 201100 + year - 2002,
    "quarters": lambda year: (2010 + (year - 2001) // 4) * 10 + (year - 2001) % 4 + 1,
    "days": lambda year: 20110100 + year - 2000,
    "from 0": lambda year: year - 2001,
    "every second year": lambda year: 2001 + 2 * (year - 2001),
}


def coded(how: str) -> pd.DataFrame:
    write = WRITTEN[how]
    return PANEL.assign(year=PANEL["year"].map(write), g=PANEL["g"].map(lambda g: write(g) if g else np.nan))


@pytest.mark.parametrize(
    ("how", "wrong"),
    [
        ("months", 201113),
        ("months", 201100),
        ("months", 2011),
        ("quarters", 20105),
        ("quarters", 2011),
        ("days", 20110132),
        ("days", 20110),
    ],
)
def test_a_cohort_that_is_no_period_is_refused_by_cell(how, wrong):
    panel = coded(how)
    panel.loc[panel["firm"] == 9, "g"] = wrong
    with pytest.raises(DataError, match=rf"row 74, column 'g', value '{wrong}': is no (month|quarter|day)"):
        estimate(panel, "callaway_santanna", **NAMES)


def test_a_month_among_years_is_no_year_after_the_last():
    panel = PANEL.assign(g=PANEL["g"].replace(2004, 200403))
    with pytest.raises(DataError, match="row 2, column 'g', value '200403': is no year"):
        estimate(panel, "callaway_santanna", **NAMES)
    for never in (2030, 9999, 10000, 99999, 999999):
        later = estimate(PANEL.assign(g=PANEL["g"].replace(0, never)), "callaway_santanna", **NAMES)
        assert later["estimate"].equals(estimate(PANEL, "callaway_santanna", **NAMES)["estimate"])


@pytest.mark.parametrize("how", WRITTEN)
@pytest.mark.parametrize("estimator", ["callaway_santanna", "sun_abraham", "extended_two_way_fixed_effects"])
def test_calendar_terms_are_periods_as_the_data_write_them(estimator, how):
    printed = estimate(coded(how), estimator, aggregation="calendar", **NAMES)["term"]
    assert [term for term in printed if term != "att"] == [f"calendar:{WRITTEN[how](year)}" for year in range(2004, 2009)]


def test_a_year_among_quarters_is_no_period_of_an_option():
    panel = coded("quarters").assign(place=PANEL["firm"] % 3)
    with pytest.raises(BadOption, match="first names 2011; periods are read as quarters"):
        estimate(panel, "country_exposure", outcome="y", unit="firm", time="year", country="place", exposed="1", first=2011)
