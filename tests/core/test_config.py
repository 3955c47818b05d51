"""A mistake in the configuration is refused before any job starts, with the nearest valid name."""

import re

import pytest

from analysis.core.catalogue import UnknownName
from analysis.core.config import ConfigError, load


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
        ("study.yaml", r"^    estimator: ", "    estimater: ", "unknown key 'estimater'; did you mean 'estimator'?"),
        (
            "study.yaml",
            r"estimator: callaway_santanna",
            "estimator: callaway_santana",
            "unknown estimator 'callaway_santana'. Did you mean 'callaway_santanna'",
        ),
        ("study.yaml", r"cohort: cohort_strict", "cohort: cohort_strickt", "unknown column 'cohort_strickt'. Did you mean 'cohort_strict'"),
        ("study.yaml", r"panel: province_year", "panel: province_yeer", "unknown panel 'province_yeer'. Did you mean 'province_year'"),
        (
            "study.yaml",
            r"outcomes: \[rd_intensity,",
            "outcomes: [rd_intensty,",
            "unknown outcome 'rd_intensty'. Did you mean 'rd_intensity'",
        ),
        ("study.yaml", r"transform: log\b", "transform: lag", "'lag' is not valid; did you mean 'log'?"),
        (
            "study.yaml",
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
    edit(config_copy / "study.yaml", r"seed_of: province_att", "seed_of: province_at")
    with pytest.raises(UnknownName, match="Did you mean 'province_att'"):
        load(config_copy)
