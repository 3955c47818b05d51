"""Investment in pollution control, computed again from the raw files: what the missing year 2018 does to it under each dating."""

import numpy as np
import pytest

from tests.paper.recomputed import GroupTime, archived, dates, outcome, usable

COHORT, UNCONFIRMED = dates("midyear")
CERTAIN = UNCONFIRMED.isna().to_numpy()
POLLUTION = outcome("pollution_control")


def without_2019(values, cohort):
    return values[cohort != 2019], cohort[cohort != 2019]


def test_no_figures_exist_for_2018():
    assert POLLUTION[2018].isna().all() and POLLUTION[2017].notna().all() and POLLUTION[2019].notna().sum() == 30  # no figure for Tibet


def test_with_the_last_observed_base_and_without_the_cohort_that_has_none():
    values, cohort = usable(POLLUTION, UNCONFIRMED), COHORT.to_numpy()
    for model, (panel, labels) in {"province_att": (values, cohort), "province_exact_base": without_2019(values, cohort)}.items():
        row = archived("province_checks", model_id=model, outcome="pollution_control", parameter="att|analytic")
        assert GroupTime(panel).effect(labels) == pytest.approx((row["estimate"], row["std_error"]), rel=1e-6)


def test_under_the_former_dates_leaving_the_cohort_out_made_it_larger():
    """By calendar year, Beijing by its approval, provinces of certain status, permuted among all: -1.22 against -1.50."""
    cohort = dates("calendar")[0]
    cohort["Beijing"] = 2018
    values, labels = POLLUTION[CERTAIN], cohort[CERTAIN].to_numpy()
    everyone = np.zeros(len(labels))
    assert GroupTime(values).effect(labels)[0] == pytest.approx(-1.22, abs=5e-3)
    assert 0.01 < GroupTime(values).p_values(labels, everyone, 999)[0] < 0.06
    values, labels = without_2019(values, labels)
    assert GroupTime(values).effect(labels)[0] == pytest.approx(-1.50, abs=5e-3)
    assert GroupTime(values).p_values(labels, everyone[: len(labels)], 999)[0] < 0.03
