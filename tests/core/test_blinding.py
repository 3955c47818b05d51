"""Blind runs: labels go to other units, alike in every panel, and nothing open is mixed in."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from analysis.core import blinding
from analysis.core.blinding import MARK, blind_seed, permuted
from analysis.core.catalogue import ingredients, modules
from analysis.core.errors import DataError
from analysis.exhibits.display import Table, mpl, save_figure, save_table
from analysis.exhibits.quotation import quote
from tests.study import STUDY

pytestmark = pytest.mark.fast

LABELS = {name: contract["labels"] for name, contract in STUDY["contracts"].items() if "labels" in contract}
# Columns that say who is treated, and when.
TREATMENT = re.compile(r"^(cohort.*|treated.*|issuer|first_issue|exposed|ever_exposed|event_time)$")


@pytest.fixture
def blind(monkeypatch):
    monkeypatch.setenv(blinding.VARIABLE, "3")


@pytest.fixture
def firms():
    generator = np.random.default_rng(0)
    accounts = pd.DataFrame(
        [(f"f{i:02d}", year) for i in range(40) for year in range(2015 if i % 2 else 2019, 2023)], columns=["firm_id", "year"]
    )
    events = pd.DataFrame({"firm_id": ["f01", "f01", "f03", "f05", "f07"], "date": ["2017-02", "2019", "2018-05-01", "2016", "2031"]})
    events["amount"] = generator.normal(size=5)
    return {"financing_events": events, "firm_accounts": accounts}


def rule(**more):
    return {"financing_events": {"unit": ["firm_id"], "among": "firm_accounts", **more}}


def test_dates_and_amounts_stay_and_go_together_to_another_firm(firms):
    before, after = firms["financing_events"], permuted(firms, rule(), 1)["financing_events"]
    pd.testing.assert_frame_equal(before.drop(columns="firm_id"), after.drop(columns="firm_id"))
    assert after["firm_id"].iloc[0] == after["firm_id"].iloc[1]
    assert after["firm_id"].nunique() == before["firm_id"].nunique()
    assert not after["firm_id"].equals(before["firm_id"])
    assert set(after["firm_id"]) <= set(firms["firm_accounts"]["firm_id"])


def test_the_new_firm_is_observed_around_the_date(firms):
    observed = {"time": "year", "date": "date", "span": [-1, 0]}
    for seed in range(30):
        after = permuted(firms, rule(observed=observed), seed)["financing_events"]
        holders = dict(zip(after["date"], after["firm_id"], strict=True))
        # Only odd firms are there before 2019; for a date that no firm is observed around the condition is waived.
        assert all(int(holders[date][1:]) % 2 for date in ("2017-02", "2018-05-01", "2016"))


def test_the_new_firm_is_alike():
    events = pd.DataFrame(
        {"company": ["a0", "b0", "unlisted"], "event_year": pd.array([2015, pd.NA, 2016], "Int64"), "other": ["x", "y", "z"]}
    )
    listed = pd.DataFrame({"company": [f"{kind}{i}" for kind in "ab" for i in range(9)], "industry": ["a"] * 9 + ["b"] * 9})
    labels = {"events": {"unit": ["company"], "among": "listed", "like": ["industry"], "clear": ["other"]}}
    found = [permuted({"events": events, "listed": listed}, labels, seed)["events"] for seed in range(30)]
    assert {table["company"].str[0].iloc[i] for table in found for i in (0, 1)} == {"a", "b"}
    assert all(table["company"].iloc[0][0] == "a" and table["company"].iloc[1][0] == "b" for table in found)
    assert len({table["company"].iloc[0] for table in found}) > 5
    assert found[0]["other"].isna().all()


def test_every_unit_is_as_likely_as_another():
    onset = pd.DataFrame({"province": list("abcdef"), "cohort": pd.array([2018, 2019, pd.NA, pd.NA, pd.NA, pd.NA], "Int64")})
    labels = {"onset": {"unit": ["province"], "among": "onset"}}
    first = [permuted({"onset": onset}, labels, seed)["onset"]["province"].iloc[0] for seed in range(1200)]
    shares = pd.Series(first).value_counts(normalize=True)
    assert len(shares) == 6 and shares.between(1 / 6 - 0.045, 1 / 6 + 0.045).all()


def test_the_same_seed_permutes_alike_in_every_panel_and_order_does_not_matter(firms):
    shuffled = {**firms, "firm_accounts": firms["firm_accounts"].sample(frac=1, random_state=1)}
    pd.testing.assert_frame_equal(permuted(firms, rule(), 2)["financing_events"], permuted(shuffled, rule(), 2)["financing_events"])


def test_no_panel_with_treatment_is_forgotten():
    """A panel that says who is treated is made from a table with labels, or from a panel that is."""
    panels = modules("panel")
    blinded: set[str] = set()
    while more := {name for name in panels if set(ingredients("panel", name)) & (set(LABELS) | blinded)} - blinded:
        blinded |= more
    for name in panels:
        columns = [column for column in STUDY["contracts"][name]["columns"] if TREATMENT.match(column)]
        if columns:
            assert set(ingredients("panel", name)) & (set(LABELS) | blinded), f"{name}: {columns}"
        for table in set(ingredients("panel", name)) & set(LABELS):
            assert LABELS[table]["among"] in ingredients("panel", name), name


def test_no_estimate_on_treatment_rests_on_a_table_that_is_not_blind():
    for name, specification in STUDY["specifications"].items():
        if specification.get("cohort") or specification.get("treatment"):
            assert specification["panel"] in modules("panel"), f"{name} is estimated on the table {specification['panel']}"


def test_without_the_table_of_all_units_nothing_is_permuted(firms):
    with pytest.raises(DataError, match="must also take firm_accounts"):
        permuted({"financing_events": firms["financing_events"]}, rule(), 1)


def test_a_seed_that_is_no_number_is_refused(monkeypatch):
    assert blind_seed() is None
    monkeypatch.setenv(blinding.VARIABLE, "yes")
    with pytest.raises(DataError, match=r"IPS_BLIND=yes.*whole number"):
        blind_seed()


def test_every_product_of_a_blind_run_says_so(blind, tmp_path):
    save_table(Table(pd.DataFrame({"a": [1]})), {form: str(tmp_path / f"t.{form}") for form in ("csv", "tex", "html", "json")}, "real")
    figure, axes = mpl.pyplot.subplots()
    axes.plot([1, 2])
    save_figure(figure, [str(tmp_path / "f.csv"), str(tmp_path / "f.png")], "real")
    for name in ("t.csv", "t.tex", "t.html", "f.csv"):
        assert MARK in (tmp_path / name).read_text(encoding="utf-8"), name
    assert any(text.get_text() == MARK for text in figure.texts)


def test_sentences_are_held_to_the_data_in_open_runs_only(tmp_path):
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps({"absent": "", "evidence": "real", "facts": {"k": 1}}), encoding="utf-8")
    numbers = {"x": {"from": "f", "key": "k", "says": "x is large", "expect": {"above": 5}}}
    quote(numbers, {}, {}, {"f": str(facts)}, str(tmp_path / "n.json"), blind=7)
    assert json.loads((tmp_path / "n.json").read_text(encoding="utf-8"))["blind"] == f"{MARK} (seed 7)"
    with pytest.raises(ValueError, match="x is large"):
        quote(numbers, {}, {}, {"f": str(facts)}, str(tmp_path / "n.json"))


def test_a_row_that_dealing_anew_took_away_prints_as_not_available_and_stops_an_open_run(tmp_path, monkeypatch):
    rows = pd.DataFrame(
        {
            "parameter": ["att"],
            "term": ["att"],
            "setting": pd.array([pd.NA], "string"),
            "estimate": [1.0],
            "p_value": [0.5],
            "reason": [pd.NA],
        }
    )
    monkeypatch.setattr("analysis.exhibits.quotation.read_table", lambda _: rows)
    numbers = {"without": {"from": "m", "term": "att_without", "setting": "Here", "format": "{:.2f}"}}
    quote(numbers, {}, {"m": ["m.parquet"]}, {}, str(tmp_path / "n.json"), blind=7)
    assert json.loads((tmp_path / "n.json").read_text())["numbers"] == {"without": "n/a"}
    with pytest.raises(LookupError, match="0 rows match"):
        quote(numbers, {}, {"m": ["m.parquet"]}, {}, str(tmp_path / "n.json"))
