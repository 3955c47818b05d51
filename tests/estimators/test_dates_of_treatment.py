"""A treatment that begins in a gap has no known date: no estimator may put it at the first period in which it is seen."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.any_table import estimate

pytestmark = pytest.mark.fast

RNG = np.random.default_rng(0)
PANEL = pd.DataFrame({"firm": np.repeat(range(60), 8), "year": np.tile(range(2001, 2009), 60)})
PANEL["g"] = PANEL["firm"].map(lambda firm: (0, 2004, 2006)[firm % 3])
PANEL["d"] = ((PANEL["g"] > 0) & (PANEL["year"] >= PANEL["g"])) * 1.0
# The effect is 1, 3, 5, ... by event time: a date that is late by one period shows at once.
PANEL["y"] = RNG.normal(size=60)[PANEL["firm"]] + 0.1 * PANEL["year"] + PANEL["d"] * (1 + 2 * (PANEL["year"] - PANEL["g"]))
PANEL["y"] += 0.01 * RNG.normal(size=len(PANEL))
GAP = (PANEL["g"] == 2004) & (PANEL["year"] == 2004) & (PANEL["firm"] % 2 == 0)
NAMES = {"outcome": "y", "unit": "firm", "time": "year", "treatment": "d"}
COHORTS = {
    "sun_abraham": {"aggregation": "dynamic"},
    "callaway_santanna": {"aggregation": "dynamic"},
    "borusyak_jaravel_spiess": {"aggregation": "dynamic"},
    "gardner_two_stage": {"aggregation": "dynamic"},
    "local_projections_did": {},
    "stacked_did": {"event_window": [-3, 2], "effect_window": [0, 2]},
}


def effects(table: pd.DataFrame) -> list[float]:
    rows = table[(table["term"] == "event") & table["event_time"].isin([0, 1, 2])]
    return rows.sort_values("event_time")["estimate"].tolist()


@pytest.mark.parametrize("hole", ["row absent", "treatment blank"])
@pytest.mark.parametrize("estimator", COHORTS)
def test_units_treated_in_a_gap_are_left_out_and_counted(estimator, hole):
    panel = PANEL[~GAP] if hole == "row absent" else PANEL.assign(d=PANEL["d"].where(~GAP))
    table = estimate(panel, estimator, **NAMES, **COHORTS[estimator])
    assert effects(table) == pytest.approx([1, 3, 5], abs=0.02)
    assert "70 rows of 10 units whose treatment begins in a gap" in table["left_out"].dropna().iloc[0]


def test_the_two_way_event_study_leaves_them_out_too_and_looks_at_rows_without_an_outcome():
    options = {"aggregation": "dynamic", "event_window": [-3, 2]}
    by_hand = estimate(PANEL[~PANEL["firm"].isin(PANEL.loc[GAP, "firm"])], "two_way_fixed_effects", **NAMES, **options)
    table = estimate(PANEL[~GAP], "two_way_fixed_effects", **NAMES, **options)
    assert table["estimate"].to_numpy() == pytest.approx(by_hand["estimate"].to_numpy(), abs=1e-10)
    assert "whose treatment begins in a gap" in table["left_out"].iloc[0]
    # Without an outcome the row still shows the date.
    blank = PANEL.assign(y=PANEL["y"].where(~GAP))
    cohort = {**NAMES, "treatment": "", "cohort": "g"}
    dated, known = (estimate(blank, "two_way_fixed_effects", **names, **options) for names in (NAMES, cohort))
    assert dated["estimate"].to_numpy() == pytest.approx(known["estimate"].to_numpy(), abs=1e-10)


def test_static_two_way_needs_no_date_but_permutes_none():
    table = estimate(PANEL[~GAP], "two_way_fixed_effects", **NAMES, randomization_draws=19)
    assert table["estimate"].notna().iloc[0]
    assert "begins in a gap" in table["reason"].dropna().iloc[0]


def test_a_unit_first_seen_treated_has_no_date_unless_it_is_treated_throughout():
    late = PANEL[~((PANEL["firm"] == 1) & (PANEL["year"] < 2006))]
    assert "3 rows of 1 unit whose treatment begins in a gap" in estimate(late, "sun_abraham", **NAMES)["left_out"].iloc[0]
    always = PANEL.assign(d=PANEL["d"].where(PANEL["firm"] != 1, 1.0))
    assert "treated from the first period on" in estimate(always, "sun_abraham", **NAMES)["left_out"].iloc[0]


def test_a_wave_that_nobody_has_is_no_gap():
    table = estimate(PANEL[PANEL["year"] != 2003], "sun_abraham", **NAMES)
    assert table["n_treated"].iloc[0] == 40 and "gap" not in str(table["left_out"].iloc[0])


def test_the_unit_in_which_treatment_switches_off_is_named_as_the_data_have_it():
    off = PANEL.assign(d=PANEL["d"].where((PANEL["firm"] != 1) | (PANEL["year"] < 2007), 0))
    reason = estimate(off, "goodman_bacon", **NAMES)["reason"].iloc[0]
    assert "switches off in unit 1, period 2007" in reason
