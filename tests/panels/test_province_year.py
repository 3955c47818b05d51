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
    assert panel.loc[panel["first_treated_year"]].index.tolist()[:2] == [("Beijing", 2019), ("Guangdong", 2020)]
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


def test_provinces_of_uncertain_status_are_controls_until_their_evidence(panel):
    tianjin = panel.loc["Tianjin"]
    assert tianjin.index[tianjin["usable"]].max() == 2021
    assert panel.loc["Henan", "usable"].all() and panel.loc["Beijing", "usable"].all()


def test_nobody_is_treated_in_the_stratum_of_unconfirmed_evidence(panel):
    for scheme in ("stratum_region", "stratum_intensity", "stratum_none"):
        own = panel[panel[scheme] == "unconfirmed evidence"]
        assert own["cohort_midyear"].isna().all() and set(own.index.get_level_values("province")) == {
            "Anhui",
            "Hubei",
            "Shaanxi",
            "Sichuan",
            "Tianjin",
        }
    east = panel[panel["stratum_region"] == "East"].reset_index()
    treated = east[east["cohort_midyear"] <= 2024]
    assert (east["province"].nunique(), treated["province"].nunique()) == (9, 6)
