"""Files summed up in a stream give the estimates of the rows themselves, whatever their order and holes; what cannot be is refused."""

import numpy as np
import pandas as pd
import pytest

from analysis.core import any_table
from analysis.core.any_table import specified, table_of
from analysis.core.errors import BadOption, DataError, UnknownName
from analysis.core.estimates import NotIdentified
from analysis.core.representatives import STANDS_FOR
from analysis.simulations.data_generating_processes import staggered, switching
from analysis.sources.files import whole_units
from analysis.sources.files.representatives import representatives
from analysis.sources.files.whole_units import evidence_of

COHORT, SIMPLE = {"cohort": "cohort"}, {"treatment": "d"}
MODELS = [
    ("callaway_santanna", COHORT | {"options": {"aggregation": "dynamic", "pretrend_power": 0.8}}),
    (
        "callaway_santanna",
        COHORT | {"options": {"aggregation": "group_time", "control_group": "not_yet_treated", "base_period": "varying"}},
    ),
    ("callaway_santanna", SIMPLE | {"options": {"aggregation": "group"}}),
    ("callaway_santanna", COHORT | {"options": {"aggregation": "calendar", "anticipation": 1, "missing_base": "leave_out"}}),
    ("two_way_fixed_effects", COHORT | {"options": {"aggregation": "dynamic", "event_window": [-3, 3]}}),
    ("two_way_fixed_effects", COHORT | {"controls": ("step",)}),
    ("two_way_fixed_effects", SIMPLE | {"cluster": ("unit",)}),
    ("sun_abraham", COHORT | {"options": {"aggregation": "dynamic"}}),
    ("sun_abraham", COHORT | {"controls": ("step",), "options": {"aggregation": "group", "shares": "observations"}}),
]


@pytest.fixture(scope="module")
def panels():
    """Panels of a few hundred units far apart (SIMULATED): whole, with holes and blanks, and that one in another order."""
    generator = np.random.default_rng(5)
    whole = staggered.simulate(generator, 1.0, units=300, cohorts=(1, 4, 6, 8), shares=(0.05, 0.2, 0.2, 0.2))[0]
    whole["y"] += 100 * generator.normal(size=300)[whole["unit"]]
    whole["step"] = generator.integers(0, 3, len(whole)).astype(float)
    whole["unit"] = "shop " + whole["unit"].astype(str).str.zfill(3)
    holes = whole[generator.random(len(whole)) > 0.06].reset_index(drop=True)
    holes.loc[generator.random(len(holes)) < 0.04, "y"] = np.nan
    holes.loc[generator.random(len(holes)) < 0.01, "step"] = np.nan
    holes.loc[[3, 9], "unit"] = ["", None]
    return {"whole": whole, "holes": holes, "shuffled": holes.sample(frac=1, random_state=1).reset_index(drop=True)}


def model(estimator, choices):
    return specified(estimator, 1, outcome="y", unit="unit", time="time", **choices)


def both(frame, tmp_path, specification):
    """Return the tables from the rows and from the stream."""
    frame.to_parquet(tmp_path / "panel.parquet", index=False)
    summed = representatives(tmp_path / "panel.parquet", specification)
    return table_of(frame, specification, "panel"), table_of(summed, specification, "panel")


def assert_same(rows, streamed):
    assert list(rows["term"]) == list(streamed["term"])
    for column in rows:
        if pd.api.types.is_numeric_dtype(rows[column]):
            before, after = rows[column].to_numpy(float, na_value=np.nan), streamed[column].to_numpy(float, na_value=np.nan)
            np.testing.assert_allclose(after, before, rtol=1e-10, atol=1e-10, err_msg=column)
        elif column not in ("incomplete", "left_out"):
            assert list(rows[column].fillna("")) == list(streamed[column].fillna("")), column


@pytest.mark.parametrize(("estimator", "choices"), MODELS)
@pytest.mark.parametrize("kind", ["whole", "holes", "shuffled"])
def test_the_stream_gives_what_the_rows_give(panels, tmp_path, kind, estimator, choices):
    assert_same(*both(panels[kind], tmp_path, model(estimator, choices)))


@pytest.mark.parametrize("kind", ["holes", "shuffled"])
def test_small_parts_give_what_one_gives(panels, tmp_path, kind, monkeypatch):
    monkeypatch.setattr(whole_units, "ROWS_OF_A_BATCH", 60)
    monkeypatch.setattr(whole_units, "ROWS_OF_A_PART", 700)
    assert_same(*both(panels[kind], tmp_path, model("callaway_santanna", COHORT)))


def test_a_treatment_that_switches_and_a_dose(tmp_path):
    panel = switching.simulate(np.random.default_rng(2), 1.0)[0]
    assert_same(*both(panel, tmp_path, model("two_way_fixed_effects", SIMPLE)))
    panel["d"] *= 1 + panel["unit"] % 3
    assert_same(*both(panel, tmp_path, model("two_way_fixed_effects", SIMPLE)))


def test_periods_written_as_quarters_and_as_dates(panels, tmp_path):
    panel = panels["whole"]
    quarters = np.array([20190 + q for q in (1, 2, 3, 4)] + [20200 + q for q in (1, 2, 3, 4)] + [20211, 20212])
    coded = panel.assign(time=quarters[panel["time"] - 1], cohort=np.where(panel["cohort"] > 0, quarters[panel["cohort"] - 1], 0))
    assert_same(*both(coded, tmp_path, model("callaway_santanna", COHORT)))
    dated = panel.assign(
        time=pd.to_datetime(panel["time"] + 2000, format="%Y"), cohort=panel["cohort"].mask(panel["cohort"] > 0, panel["cohort"] + 2000)
    )
    assert_same(*both(dated, tmp_path, model("callaway_santanna", COHORT | {"frequency": "year"})))


def test_a_planted_effect_is_found_and_rows_counted(tmp_path):
    panel, truth = staggered.simulate(np.random.default_rng(8), 1.0, units=20_000)
    panel.to_parquet(tmp_path / "panel.parquet", index=False)
    specification = model("callaway_santanna", COHORT)
    summed = representatives(tmp_path / "panel.parquet", specification)
    # Four cohorts, each with nine directions in which ten periods less a mean can vary, two units to each.
    assert summed["unit"].nunique() == 4 * 9 * 2 and summed.drop_duplicates("unit")[STANDS_FOR].sum() == pytest.approx(20_000)
    row = table_of(summed, specification, "panel").iloc[0]
    assert abs(row["estimate"] - truth["att"]) < 4 * row["std_error"] and (row["n_obs"], row["n_units"]) == (200_000, 20_000)


def test_moments_survive_a_level_that_dwarfs_them(panels, tmp_path):
    far = panels["whole"].assign(y=lambda d: d["y"] + 1e6)
    rows = table_of(panels["whole"], model("callaway_santanna", COHORT), "panel")
    _, streamed = both(far, tmp_path, model("callaway_santanna", COHORT))
    np.testing.assert_allclose(streamed[["estimate", "std_error"]].astype(float), rows[["estimate", "std_error"]].astype(float), rtol=1e-7)


def test_an_outcome_in_other_units_and_reversed_names(panels, tmp_path):
    specification = model("two_way_fixed_effects", COHORT | {"options": {"aggregation": "dynamic"}})
    first = both(panels["holes"], tmp_path, specification)[1]
    names = {name: f"z{len(name)}{999 - i:03d}" for i, name in enumerate(sorted(panels["holes"]["unit"].dropna().unique())) if name}
    other = panels["holes"].assign(y=lambda d: 1000 * d["y"], unit=lambda d: d["unit"].map(names))
    second = both(other, tmp_path, specification)[1]
    for column in ("estimate", "std_error"):
        np.testing.assert_allclose(second[column].astype(float), 1000 * first[column].astype(float), rtol=1e-9)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda d: pd.concat([d, d.tail(1)]), DataError, "one row per period"),
        (lambda d: d.assign(cohort=d["cohort"].where(d.index != 4, 6)), NotIdentified, "more than one value of cohort"),
        (lambda d: d.assign(y=d["y"].where(d.index != 4, np.inf)), DataError, "all finite"),
        (lambda d: d.assign(y=d["y"].astype(str)), DataError, "kept as String"),
        (lambda d: d.drop(columns="y"), UnknownName, "unknown column 'y'"),
        (lambda d: d.assign(time=np.arange(len(d))), BadOption, "periods"),
        (lambda d: d.assign(time=pd.array([None] * len(d), "Int64")), DataError, "no row with a unit and a period"),
    ],
)
def test_what_cannot_be_summed_up_is_refused(panels, tmp_path, change, error, says):
    change(panels["whole"]).to_parquet(tmp_path / "panel.parquet", index=False)
    with pytest.raises(error, match=says):
        representatives(tmp_path / "panel.parquet", model("callaway_santanna", COHORT))


def test_a_file_marked_as_simulated_stays_so(panels, tmp_path):
    panel, path = panels["whole"], tmp_path / "panel.parquet"
    for grade in ("simulated", "real"):
        panel.assign(evidence=grade).to_parquet(path)
        assert evidence_of(path) == grade
    panel.attrs["evidence"] = "simulated"
    panel.to_parquet(path)
    assert evidence_of(path) == "simulated"


def test_a_column_of_that_name_is_any_other(panels):
    chance = panels["whole"].assign(**{STANDS_FOR: 7.0})
    specification = model("callaway_santanna", COHORT)
    assert any_table.table_of(chance, specification, "p").equals(any_table.table_of(panels["whole"], specification, "p"))
