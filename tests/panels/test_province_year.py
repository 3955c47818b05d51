"""The province panel: treatment, ratios, and what stays missing."""

import numpy as np
import pytest

from analysis.panels import province_year
from tests.raw import cleaned


@pytest.fixture(scope="module")
def panel():
    return province_year.build(cleaned("province_statistics"), cleaned("province_onset"), cleaned("province_borders")).set_index(
        ["province", "year"]
    )


def test_treatment_switches_on_at_the_cohort(panel):
    assert panel.loc["Guangdong", "treated_strict"].tolist() == [False] * 10 + [True] * 6
    assert not panel.loc["Tianjin", "certain"].any()
    assert not panel.loc["Henan", "treated_strict"].any()


def test_grants_are_per_rd_of_the_year_before(panel):
    row, before = panel.loc[("Beijing", 2020)], panel.loc[("Beijing", 2019)]
    assert row["grants_per_rd"] == pytest.approx(row["invention_grants"] / before["rd_expenditure"])
    assert row["log_industrial_rd_lag1"] == pytest.approx(np.log(before["industrial_rd"]))


def test_the_first_year_has_no_lag_from_another_province(panel):
    assert panel.xs(2009, level="year")["grants_per_rd"].isna().all()


def test_nothing_is_filled(panel):
    assert panel.xs(2018, level="year")["pollution_control"].isna().all()
    assert panel.xs(2024, level="year")["environment_spending"].isna().all()
