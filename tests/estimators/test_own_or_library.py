"""The table of docs/estimators.md on who computes a method, and that somebody asks for every method."""

import re
from importlib import import_module

import pytest

from analysis.core.catalogue import ROOT, modules
from analysis.core.config import load

ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
TABLE = {
    name: cells
    for name, *cells in ROW.findall((ROOT / "docs/estimators.md").read_text(encoding="utf-8").split("## Own code or a library")[1])
}


def test_every_method_has_its_row_and_no_other_has():
    assert sorted(TABLE) == sorted(modules("estimator"))


@pytest.mark.parametrize("estimator", modules("estimator"))
def test_the_row_says_what_the_method_declares(estimator):
    by, why, against = TABLE[estimator]
    library = import_module(f"analysis.estimators.{estimator}").METHOD.library
    assert by == (library.replace("analysis", "own") if library.startswith("analysis") else f"library ({library})")
    assert why.strip() and against.strip()


def test_a_reference_to_another_row_leads_to_one():
    named = {name for cells in TABLE.values() for name in re.findall(r"`(\w+)`", " ".join(cells))}
    assert named <= set(TABLE)


def test_somebody_asks_for_every_method():
    """A specification of the study, a Monte Carlo study, or a number printed elsewhere that must be met."""
    study = load()
    asked = {settings["estimator"] for part in ("specifications", "published") for settings in study[part].values()}
    asked |= {settings["estimator"] for process in study["montecarlo"].values() for settings in process["methods"].values()}
    assert sorted(set(modules("estimator")) - asked) == []
