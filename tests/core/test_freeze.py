"""The freeze of designs: what counts as a deviation, and what does not."""

import copy

import pytest

from analysis.__main__ import main
from analysis.commands import freeze as command
from analysis.core import freeze
from analysis.core.config import read_yaml
from analysis.exhibits.tables import deviations as exhibit
from tests.study import STUDY

pytestmark = pytest.mark.fast


@pytest.fixture
def study(monkeypatch):
    monkeypatch.setattr(command, "load", lambda: STUDY)
    return STUDY


def changed(study, change):
    other = copy.deepcopy(study)
    change(other)
    found = freeze.deviations(freeze.designs(study), freeze.designs(other))
    return {(row["kind"], row["name"]): row["change"] for row in found.to_dict("records")}


def test_the_committed_freeze_reads_and_says_what_the_paper_says(study):
    assert study["freeze"]["unseen"] is False  # the estimates of this paper had been seen
    assert set(freeze.PARTS.values()) <= set(study["freeze"])


def test_a_changed_setting_is_named(study):
    assert changed(study, lambda s: s["specifications"]["province_att"].update(controls=["gdp"])) == {
        ("specification", "province_att"): "changed: controls"
    }


def test_a_changed_outcome_changes_every_specification_of_it(study):
    found = changed(study, lambda s: s["outcomes"]["rd_intensity"].update(transform="log"))
    assert found[("specification", "province_att")] == "changed: outcome rd_intensity"
    assert len(found) > 10


def test_added_and_removed_are_told(study):
    def change(s):
        s["specifications"]["mine"] = s["specifications"].pop("province_att")

    assert changed(study, change) == {("specification", "mine"): "added", ("specification", "province_att"): "removed"}


def test_the_region_of_a_claim_is_frozen_and_its_wording_is_not(study):
    name = next(name for name, claim in study["claims"].items() if any("region" in t for t in claim.get("context", [])))
    test = next(i for i, t in enumerate(study["claims"][name]["context"]) if "region" in t)
    assert changed(study, lambda s: s["claims"][name]["context"][test].update(region={"sign": "negative"})) == {
        ("claim", name): "changed: context"
    }
    assert not changed(study, lambda s: s["claims"][name]["context"][test].update(says="Other words"))
    assert not changed(study, lambda s: s["specifications"]["province_att"].update(title="Other words"))


def test_the_unit_of_a_curve_and_the_settings_of_a_panel_are_frozen(study):
    assert changed(study, lambda s: s["specification_curves"]["province_rd_curve"].update(unit="log points")) == {
        ("curve", "province_rd_curve"): "changed: unit"
    }
    assert changed(study, lambda s: s["panels"]["firm_panel"].update(settings={"instrument": "IP loan"})) == {
        ("panel", "firm_panel"): "changed: settings"
    }


def test_the_seed_of_a_curve_is_frozen(study):
    assert changed(study, lambda s: s.update(seed=1))[("curve", "province_rd_curve")] == "changed: seed"


def test_programs_are_no_design(study):
    assert set(freeze.designs(study)) == {"specifications", "panels", "claims", "specification_curves"}


def test_reasons_stand_beside_deviations(study):
    frozen = {**freeze.designs(study), "reasons": {"province_att": "the region was misread"}}
    other = copy.deepcopy(study)
    other["specifications"]["province_att"]["seed"] = 1
    del other["specifications"]["province_wide"]
    found = freeze.deviations(frozen, freeze.designs(other)).set_index("name")["reason"]
    assert found.to_dict() == {"province_att": "the region was misread", "province_wide": "not given"}
    assert list(exhibit.layout(frozen, freeze.designs(other)).frame["Design"]) == ["Specifications", "province_att", "province_wide"]
    assert exhibit.NONE in exhibit.layout(frozen, freeze.designs(study)).frame.to_string()


def test_one_reason_may_stand_for_many_names_and_a_name_of_its_own_goes_first():
    reasons = {"province_honest*": "drift taken out", "province_honest_wide": "wider"}
    names = ("province_honest_att", "province_honest_wide", "royalty_honest")
    frozen = {"reasons": reasons, "specifications": {name: {"options": "1"} for name in names}}
    now = {part: {} for part in freeze.PARTS.values()} | {"specifications": {name: {"options": "2"} for name in names}}
    found = freeze.deviations(frozen, now).set_index("name")["reason"]
    assert found.to_dict() == dict(zip(names, ("drift taken out", "wider", "not given"), strict=True))


def test_freezes_that_were_replaced_are_printed(study):
    assert [one["deviations"] for one in study["freeze"]["earlier"]] == [3, 37]  # as the history of the repository tells
    shown = exhibit.layout(study["freeze"], study["designs"]).frame
    assert shown["Design"].iloc[-3] == exhibit.EARLIER and shown["Reason"].iloc[-1] == study["freeze"]["earlier"][-1]["why"]


def test_a_new_freeze_keeps_the_earlier_one_and_its_deviations_on_record(study, tmp_path, monkeypatch, capsys):
    written = {}
    monkeypatch.setattr(command, "write_text", lambda text, path: written.update(text=text))
    monkeypatch.setattr(command, "today", lambda: "2099-01-01")
    assert main(["freeze", "--date", "2099-01-01", "--unseen", "--why", "new data"]) == 0
    path = tmp_path / "freeze.yaml"
    path.write_text(written["text"], encoding="utf-8")
    found = read_yaml(path, "freeze")["freeze"]
    assert found["date"] == "2099-01-01" and found["unseen"] is True and found["reasons"] == {}
    assert found["earlier"][:-1] == study["freeze"]["earlier"]
    last, deviations = found["earlier"][-1], freeze.deviations(study["freeze"], study["designs"])
    assert (last["date"], last["why"], last["deviations"]) == (study["freeze"]["date"], "new data", len(deviations))
    assert last["list"] == deviations.to_dict("records")
    assert "specifications" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("date", "says"),
    [
        ("soon", "2026-11-23"),
        ("20261125", "2026-11-23"),
        ("2026-W48-3", "2026-11-23"),
        ("2001-01-01", "is later"),
        ("2099-01-02", "has not come yet"),
    ],
)
def test_a_date_that_is_none_too_early_or_to_come_is_refused(study, date, says, monkeypatch, capsys):
    monkeypatch.setattr(command, "today", lambda: "2099-01-01")
    assert main(["freeze", "--date", date]) == 2
    assert says in capsys.readouterr().err
