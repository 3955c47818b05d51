"""A mistake in the configuration is refused before any job starts, with the nearest valid name."""

import re
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from analysis.core.catalogue import ROOT
from analysis.core.checked_yaml import read_yaml
from analysis.core.config import load
from analysis.core.errors import ConfigError, UnknownName
from analysis.core.estimation import estimated, specify
from analysis.core.specification import SHARED, Block, meaning_of
from analysis.core.study_specifications import block_schema

pytestmark = pytest.mark.fast


def edit(path, pattern, replacement):
    text = path.read_text(encoding="utf-8")
    changed, hits = re.subn(pattern, replacement, text, count=1, flags=re.MULTILINE)
    assert hits == 1, f"{pattern} is not in {path.name}"
    path.write_text(changed, encoding="utf-8")


def test_the_configuration_is_valid():
    study = load()
    assert study["specifications"]
    assert all(claim["kind"] for claim in study["claims"].values())


@pytest.mark.parametrize(
    ("file", "pattern", "replacement", "said"),
    [
        ("specifications/provinces.yaml", r"^    estimator: ", "    estimater: ", "unknown key 'estimater'; did you mean 'estimator'?"),
        (
            "specifications/provinces.yaml",
            r"estimator: callaway_santanna",
            "estimator: callaway_santana",
            "unknown estimator 'callaway_santana'. Did you mean 'callaway_santanna'",
        ),
        (
            "specifications/provinces.yaml",
            r"cohort: cohort_strict",
            "cohort: cohort_strickt",
            "unknown column 'cohort_strickt'. Did you mean 'cohort_strict'",
        ),
        (
            "specifications/provinces.yaml",
            r"panel: province_year",
            "panel: province_yeer",
            "unknown panel 'province_yeer'. Did you mean 'province_year'",
        ),
        (
            "specifications/provinces.yaml",
            r"outcomes: \[rd_intensity,",
            "outcomes: [rd_intensty,",
            "unknown outcome 'rd_intensty'. Did you mean 'rd_intensity'",
        ),
        ("study.yaml", r"transform: log\b", "transform: lag", "'lag' is not valid; did you mean 'log'?"),
        (
            "../paper/exhibits.yaml",
            r"^  issuance_by_year:",
            "  issuance_by_yeer:",
            "unknown exhibit 'issuance_by_yeer'. Did you mean 'issuance_by_year'",
        ),
        ("claims.yaml", r"from: province_att", "from: province_at", "unknown specification 'province_at'. Did you mean 'province_att'"),
        ("claims.yaml", r"kind: descriptive", "kind: descriptiv", "did you mean 'descriptive'?"),
        ("tables/estimate.yaml", r"minimum:", "minimun:", "unknown key 'minimun'; did you mean 'minimum'?"),
    ],
)
def test_a_mistake_is_refused_with_the_nearest_name(config_copy, file, pattern, replacement, said):
    edit(config_copy / file, pattern, replacement)
    with pytest.raises((ConfigError, UnknownName)) as error:
        load(config_copy)
    assert said in str(error.value)


def test_a_repeated_key_is_refused(config_copy):
    path = config_copy / "claims.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "  Q1: {section: x, kind: normative, claim: x, estimand: x}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="repeated key Q1"):
        load(config_copy)


def test_broken_yaml_is_named(config_copy):
    (config_copy / "study.yaml").write_text("title: [\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"study\.yaml: not valid YAML"):
        load(config_copy)


def test_specifications_may_share_their_draws_and_only_with_one_that_exists(config_copy):
    specifications = load()["specifications"]
    assert specifications["province_balanced"]["seed"] == specifications["province_att"]["seed"] != specifications["province_donut"]["seed"]
    edit(config_copy / "specifications/provinces.yaml", r"seed_of: province_att", "seed_of: province_at")
    with pytest.raises(UnknownName, match="Did you mean 'province_att'"):
        load(config_copy)


def added(config_copy, text, part="provinces"):
    path = config_copy / "specifications" / f"{part}.yaml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_a_block_says_what_it_extends_does_not(config_copy):
    added(config_copy, "  one: {extends: two, title: One}\n  two: {extends: province_check, title: Two, where: {}, cohort: cohort_wide}\n")
    made, parent = load(config_copy)["specifications"]["one"], load()["specifications"]["province_att"]
    assert made["title"] == "One" and made["where"] == {} and made["cohort"] == "cohort_wide"
    assert made["estimand"] == parent["estimand"] and made["outcomes"] != parent["outcomes"]
    assert "province_check" not in load()["specifications"], "a template is no specification"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  one: {extends: province_at, title: One}\n", "provinces.yaml: specifications → one: extends: unknown specification or template"),
        ("  one: {extends: province_at, title: One}\n", "Did you mean 'province_att'"),
        ("  one: {extends: two}\n  two: {extends: three}\n  three: {extends: two}\n", "in a circle: two → three → two"),
        ("  one: {extends: one}\n", "in a circle: one → one"),
        (
            "  one: {title: One, panel: province_year, estimand: x, sample: x}\n",
            "specifications → one: top level: 'estimator' is a required",
        ),
        ("  one: {extends: province_att, cohrt: cohort_wide}\n", "specifications → one: unknown key 'cohrt'; did you mean 'cohort'?"),
        ("  one: {extends: province_att, where: {certain: {equal: true}}}\n", "unknown key 'equal'; did you mean 'equals'?"),
        ("  firm_att: {extends: province_att}\n", "firm_att: the name is taken by"),
        ("  province_check: {extends: province_att}\n", "the name is taken by"),
    ],
)
def test_a_block_that_extends_wrongly_is_refused_with_file_and_place(config_copy, text, said):
    added(config_copy, text)
    with pytest.raises((ConfigError, UnknownName)) as error:
        load(config_copy)
    assert said in str(error.value)


def test_files_of_specifications_and_the_page_agree(config_copy):
    stray = config_copy / "specifications" / "more.yaml"
    stray.write_text("specifications: {}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"more\.yaml: is not listed"):
        load(config_copy)
    stray.unlink()
    edit(config_copy / "study.yaml", r"\[market, provinces", "[markets, provinces")
    with pytest.raises(UnknownName, match="Did you mean 'market'"):
        load(config_copy)


def test_the_documentation_lists_what_a_block_may_say():
    text = (ROOT / "docs" / "extend.md").read_text(encoding="utf-8")
    said = {one.name: one.metadata["description"] for one in fields(Block)} | {name: meaning_of(name) for name in SHARED}
    assert [name for name, meaning in said.items() if f"| `{name}` | {meaning} |" not in text] == []
    assert set(said) == set(block_schema()["properties"])


def test_two_stage_least_squares_may_be_a_specification(config_copy):
    added(config_copy, "  instrumented: {extends: province_att, title: Instrumented, estimator: two_stage_least_squares, cohort: '', "
          "treatment: log_gdp, instruments: [secondary_share], fixed_effects: [province, year], outcomes: [rd_intensity], options: {}}\n")  # fmt: skip
    settings = load(config_copy)["specifications"]["instrumented"]
    asked = specify("instrumented", settings, "rd_intensity")
    assert asked.instruments == ("secondary_share",)
    random = np.random.default_rng(3)
    panel = pd.DataFrame(
        {"province": np.repeat([f"P{i}" for i in range(20)], 6), "year": np.tile(np.arange(2010, 2016), 20), "usable": True}
    )
    panel["secondary_share"] = random.normal(size=len(panel))
    panel["log_gdp"] = panel["secondary_share"] + random.normal(size=len(panel))
    panel["rd"] = 2 * panel["log_gdp"] + random.normal(size=len(panel))
    panel.attrs = {"evidence": "simulated", "absent": ""}
    outcome = {"column": "rd", "transform": "level"}
    table = estimated(panel, "instrumented", settings, "rd_intensity", outcome, load()["contracts"]["estimate"])
    assert table.set_index("term").loc["log_gdp", "estimate"] == pytest.approx(2, abs=0.3)
    added(config_copy, "  wrong: {extends: instrumented, instruments: [secondary_shar]}\n")
    with pytest.raises(UnknownName, match="Did you mean 'secondary_share'"):
        load(config_copy)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [*a]\n", "hold themselves"),
        (
            "a: &a [1,1,1,1,1,1,1,1]\n"
            + "".join(f"{n}: &{n} [{','.join([f'*{o}'] * 9)}]\n" for o, n in zip("abcdef", "bcdefg", strict=True)),
            "larger than",
        ),
        ("a: !!python/object/apply:os.getcwd []\n", "not valid YAML"),
        ("a: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
    ],
)
def test_a_file_that_means_harm_is_refused(tmp_path, text, said):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_yaml(tmp_path / "c.yaml", {"type": "object"})


def test_a_name_that_could_be_no_file_is_refused(config_copy):
    edit(config_copy / "specifications/provinces.yaml", r"^specifications:\n", "specifications:\n  ../x: {extends: province_att}\n")
    with pytest.raises(ConfigError, match=r"specifications: the name '\.\./x' may hold letters, digits and _ only"):
        load(config_copy)


def test_a_raw_file_outside_its_folders_is_refused(config_copy):
    edit(config_copy / "sources/exchange_rates.yaml", r"^file: ", "file: ../../")
    with pytest.raises(ConfigError, match="leads out of the folders of raw files"):
        load(config_copy)
