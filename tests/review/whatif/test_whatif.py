"""What-if: the grammar of changes, and runs on a built panel."""

import shlex
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from matplotlib.pyplot import close

from analysis.__main__ import main
from analysis.commands import whatif
from analysis.core import claim_tests
from analysis.core.catalogue import ROOT
from analysis.core.errors import BadOption, UnknownName
from analysis.core.estimation import estimated
from analysis.review.whatif import drift
from analysis.review.whatif.changes import Variant, changed, in_another_unit
from analysis.review.whatif.choice import check, named
from analysis.review.whatif.figure import figure_of
from analysis.review.whatif.reading import verdicts
from analysis.review.whatif.words import split
from tests.study import STUDY

COLUMNS = STUDY["contracts"]["province_year"]["columns"]
SETTINGS = STUDY["specifications"]["province_att"]
OUTCOME = STUDY["outcomes"]["rd_intensity"]


def variant(*words, settings=SETTINGS):
    return changed(settings, OUTCOME, list(words), COLUMNS, "whatif")


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        (["cluster=region"], "cluster", ["region"]),
        (["controls=log_gdp,secondary_share"], "controls", ["log_gdp", "secondary_share"]),
        (["controls=log_gdp", "controls+=secondary_share", "controls-=log_gdp"], "controls", ["secondary_share"]),
        (["cohort=cohort_wide"], "cohort", "cohort_wide"),
        (
            ["drop.province=Guangdong,Inner Mongolia"],
            "where",
            {"usable": {"equals": True}, "province": {"not_in": ["Guangdong", "Inner Mongolia"]}},
        ),
        (
            ["drop.province=Guangdong, Beijing", "drop.province=Tibet"],
            "where",
            {"usable": {"equals": True}, "province": {"not_in": ["Guangdong", "Beijing", "Tibet"]}},
        ),
        (["year<=2022", "year>=2012"], "where", {"usable": {"equals": True}, "year": {"at_most": 2022.0, "at_least": 2012.0}}),
        (["keep.usable=true"], "where", {"usable": {"equals": True, "in": [True]}}),
        (
            ["control_group=not_yet_treated"],
            "options",
            {"randomization_draws": 1999, "permuted_within": "stratum_region", "control_group": "not_yet_treated"},
        ),
        (["draws=99"], "options", {"randomization_draws": 99, "permuted_within": "stratum_region"}),
        (["option.anticipation=1"], "options", {"randomization_draws": 1999, "permuted_within": "stratum_region", "anticipation": 1}),
    ],
)
def test_a_change_does_what_it_says_and_leaves_the_study_alone(words, key, value):
    before = repr(SETTINGS)
    assert variant(*words).settings[key] == value
    assert repr(SETTINGS) == before


def test_changes_of_the_outcome_reach_the_outcome():
    found = variant("winsorize=0.05", "transform=log").outcome
    assert (found["winsorize"], found["transform"]) == (0.05, "log") and "winsorize" not in OUTCOME


def test_another_estimator_leaves_out_what_it_does_not_know_and_says_so():
    found = variant("estimator=borusyak_jaravel_spiess")
    assert found.settings["options"] == {} and "randomization_draws" in " ".join(found.said)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("clustr=region", "Did you mean 'cluster'"),
        ("cluster=regoin", "Did you mean 'region'"),
        ("drop.provnce=Guangdong", "Did you mean 'province'"),
        ("estimator=calaway_santanna", "Did you mean 'callaway_santanna'"),
        ("transform=lgo", "Did you mean 'log'"),
        ("winsorize=much", "takes a number"),
        ("scale=-1", "above 0"),
        ("winsorize=0.6", "below 0.5"),
        ("control_group=all", "it must be never_treated, not_yet_treated"),
        ("draws=-3", "at least 0"),
        ("controls-=log_gdp", "is not among controls"),
        ("cohort+=cohort_wide", "+= is for"),
        ("something", "is no change"),
        ("controls=log_gdp,log_gdp", "log_gdp is among controls already"),
        ("drop.province=", "at least one value"),
        ("drop.province+=Guangdong", "takes ="),
        ("year>=late", "takes a number"),
    ],
)
def test_a_wrong_change_is_refused_in_one_line(word, said):
    with pytest.raises((BadOption, UnknownName)) as error:
        variant(word)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_word_that_would_be_overwritten_or_repeats_the_model_is_refused():
    with pytest.raises(BadOption, match="cluster= is given twice: region and province"):
        variant("cluster=region", "cluster=province")
    with pytest.raises(BadOption, match="year>= is given twice"):
        variant("year>=2012", "year>=2014")
    with pytest.raises(BadOption, match="log_gdp is among controls already"):
        variant("controls+=log_gdp", settings=SETTINGS | {"controls": ["log_gdp"]})


def test_what_the_model_drops_already_stays_dropped():
    settings = SETTINGS | {"where": {"province": {"not_in": ["Beijing"]}}}
    assert variant("drop.province=Tibet", settings=settings).settings["where"] == {"province": {"not_in": ["Beijing", "Tibet"]}}


@pytest.fixture
def built(tmp_path, monkeypatch):
    """Return a folder with a small province panel as the study would have built it."""
    generator = np.random.default_rng(5)
    provinces = [f"P{i:02d}" for i in range(20)]
    rows = pd.DataFrame([(p, y) for p in provinces for y in range(2012, 2022)], columns=["province", "year"])
    number = rows["province"].str[1:].astype(int)
    rows["cohort_midyear"] = pd.array(np.where(number < 6, 2017, 0), dtype="Int64")
    rows["cohort_midyear"] = rows["cohort_midyear"].mask(rows["cohort_midyear"] == 0)
    rows["usable"], rows["region"] = True, (number % 4).astype(str)
    rows["stratum_region"] = (number % 2).astype(str)
    rows["rd_intensity_revised_pct"] = generator.normal(size=len(rows)) + (rows["year"] >= rows["cohort_midyear"]).fillna(False) * 2.0
    rows.attrs = {"evidence": "real", "absent": ""}
    path = tmp_path / "data/processed/panels/province_year.parquet"
    path.parent.mkdir(parents=True)
    rows.to_parquet(path)
    monkeypatch.setattr(whatif, "ROOT", tmp_path)
    return tmp_path, rows


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_both_versions_are_printed_with_verdicts_and_only_a_figure_is_written(built, capsys):
    folder, panel = built
    before = files_of(folder)
    assert main(["whatif", "province_att", "draws=99", "drop.province=P00", "--outcome", "rd_intensity"]) == 0
    printed = capsys.readouterr().out
    rows = {}
    for name, sample in (("baseline", panel), ("variant", panel[panel["province"] != "P00"])):
        options = {"randomization_draws": 1999 if name == "baseline" else 99}
        settings = SETTINGS | {"options": options}
        table = estimated(sample.assign(), "province_att", settings, "rd_intensity", OUTCOME, STUDY["contracts"]["estimate"])
        rows[name] = table[table["parameter"] == "att|randomization_t"].iloc[0]
    line = next(line for line in printed.splitlines() if line.startswith("estimate"))
    assert line.split() == ["estimate", f"{rows['baseline']['estimate']:.4f}", f"{rows['variant']['estimate']:.4f}"]
    assert "baseline  D1:" in printed and "variant   D1:" in printed and "drop.province=P00" in printed
    after = files_of(folder)
    (figure,) = set(after) - set(before)
    assert figure.startswith("data/processed/whatif/province_att-") and {k: after[k] for k in before} == before


@pytest.mark.parametrize(
    "words",
    [
        ["province_att", "--outcome", "rd_intensity", "draws=9", "drop.province=P00"],
        ["province_att", "draws=9", "--outcome", "rd_intensity", "drop.province=P00"],
        ["--outcome", "rd_intensity", "province_att", "draws=9", "drop.province=P00"],
        ["province_att", "--set=draws=9 drop.province='P00'", "--outcome=rd_intensity"],
        ["province_att", "draws=9", "--set", "drop.province=P00", "--outcome", "rd_intensity"],
    ],
)
def test_words_may_stand_in_any_order_and_in_one_text(built, capsys, words):
    assert main(["whatif", *words]) == 0
    printed = capsys.readouterr().out
    assert "changed: draws=9 drop.province=P00" in printed and "province_att, R&D to GDP" in printed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("year>=2012  controls+=log_gdp", ["year>=2012", "controls+=log_gdp"]),
        ("drop.province='Inner Mongolia',Hebei year>=2012", ["drop.province=Inner Mongolia,Hebei", "year>=2012"]),
        ('drop.province="Inner Mongolia"', ["drop.province=Inner Mongolia"]),
        ("drop.city=Xi'an,Tai'an", ["drop.city=Xi'an,Tai'an"]),
    ],
)
def test_one_text_is_split_at_spaces_outside_quotes(text, words):
    assert split(text, "whatif") == words


def test_a_model_needs_no_change(capsys):
    with pytest.raises(SystemExit):
        main(["whatif"])
    assert "required: MODEL\n" in capsys.readouterr().err


def test_an_open_quotation_is_refused():
    with pytest.raises(BadOption, match="is not closed"):
        split('drop.province="Inner Mongolia', "whatif")


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
def test_make_hands_changes_over_as_one_argument():
    change = "year>=2012 drop.province='Inner Mongolia',Xi'an"
    line = subprocess.run(["make", "-n", "whatif", "MODEL=m", f"SET={change}"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"--set={change}" in shlex.split(line.stdout)


def test_words_that_leave_the_sample_as_it_is_say_so(built, capsys):
    assert main(["whatif", "province_att", "draws=9", "keep.usable=true", "--outcome", "rd_intensity"]) == 0
    assert "the sample stays the same" in capsys.readouterr().out


def test_a_choice_that_forbids_permuting_dates_leaves_the_baseline_as_the_paper_has_it(built, capsys):
    assert main(["whatif", "province_att", "cluster=region", "drop.province=P00", "--outcome", "rd_intensity"]) == 0
    printed = capsys.readouterr().out
    lines = {line.split()[0]: line.split()[1:] for line in printed.splitlines() if line.strip()}
    assert "this choice turns the permutation of dates off" in printed
    assert lines["inference"] == ["randomization_t", "analytic"] and lines["std_error"][0] == "-"
    assert any(line.startswith("baseline  without permutations") and "(analytic)" in line for line in printed.splitlines())
    assert next(line.split()[1:] for line in printed.splitlines() if line.startswith("n_clusters")) == ["20", "4"]
    assert main(["whatif", "province_att", "cluster=region", "draws=99", "--outcome", "rd_intensity"]) == 2
    assert "randomization_draws permutes units" in capsys.readouterr().err


READ = {"term": "att", "reason": None, "ci_low": 0.5, "ci_high": 0.9, "ci90_low": 0.55, "ci90_high": 0.85, "evidence": "real"}
READ |= {"inference": "cluster", "n_treated_clusters": 30, "n_clusters": 60, "within_sd": 1.0, "mde80": 0.1}
BOUNDS = {"term": "att_honest", "inference": "honest_relative_magnitude", "setting": "0.5", "reason": None, "ci_low": -0.2, "ci_high": 1.2}


def test_a_verdict_that_needs_bounds_is_not_given_without_them():
    test = {"from": "m", "region": {"sign": "positive"}, "honest": "bounds"}
    (line,) = verdicts(pd.DataFrame([READ]), [("D1", test)], {"bounds": "--honest computes it"})
    assert "whether drift would undo it is left out of both versions: --honest computes it" in line and "D1: consistent" not in line
    bounds = pd.DataFrame([BOUNDS])
    assert verdicts(pd.DataFrame([READ]), [("D1", test)], {"bounds": bounds})[0].startswith("D1: untestable (PRE)")
    assert verdicts(pd.DataFrame([READ]), [("D1", test)], {"bounds": bounds.assign(ci_low=0.1)})[0].startswith("D1: consistent (strong)")


def test_a_verdict_that_a_placebo_may_undo_is_not_given():
    test = {"from": "m", "region": {"sign": "positive"}, "placebo": {"from": "p", "term": "d"}}
    (line,) = verdicts(pd.DataFrame([READ]), [("D1", test)], {})
    assert "whether its placebo would undo it is left out" in line and "D1: consistent" not in line


def test_each_test_of_a_claim_reads_its_own_row():
    rows = pd.DataFrame([READ, READ | {"term": "other", "ci_low": -0.9, "ci_high": -0.5, "ci90_low": -0.8, "ci90_high": -0.6}])
    tests = [("S1", {"from": "m", "term": term, "region": {"sign": "positive"}}) for term in ("att", "other")]
    first, second = verdicts(rows, tests, {})
    assert first.startswith("S1 (att): consistent") and second.startswith("S1 (other): not consistent (opposite)")


def test_a_fixed_region_gives_no_verdict_in_another_unit():
    fixed, sign = ({"from": "m", "region": region} for region in ({"low": 0.127, "high": 0.203}, {"sign": "positive"}))
    lines = verdicts(pd.DataFrame([READ]), [("Q2", fixed), ("D1", sign)], {}, moved=True)
    assert lines[0] == "Q2: unit changed: no verdict" and lines[1].startswith("D1: consistent")
    assert in_another_unit(OUTCOME, variant("transform=log").outcome) and in_another_unit(OUTCOME, variant("scale=2").outcome)
    assert not in_another_unit(OUTCOME, variant("winsorize=0.05", "transform=level").outcome)


def bounds_with(monkeypatch, words, asked, found=()):
    """Return the bounds of both versions where estimating the companion gives `found`, baseline first."""
    found = iter(found)
    monkeypatch.setattr(drift, "estimated", lambda *_: pd.DataFrame([next(found)]))
    return drift.bounds_of_both(STUDY, None, "province_event_study", "rd_intensity", words, asked, ROOT / "none.parquet")


def test_both_versions_have_bounds_or_neither(monkeypatch):
    assert bounds_with(monkeypatch, [], False) == [drift.NOT_ASKED] * 2
    forbidden = bounds_with(monkeypatch, ["estimator=borusyak_jaravel_spiess"], False)
    assert forbidden == ["no bounds can be computed with estimator=borusyak_jaravel_spiess"] * 2
    assert [len(rows) for rows in bounds_with(monkeypatch, ["cohort=cohort_wide"], True, [BOUNDS, BOUNDS])] == [1, 1]
    one = bounds_with(monkeypatch, ["cohort=cohort_wide"], True, [BOUNDS, BOUNDS | {"term": "att"}])
    assert one == ["no bounds could be computed"] * 2
    why = bounds_with(monkeypatch, ["cohort=cohort_wide"], True, [BOUNDS, BOUNDS | {"reason_code": "SUPPORT", "reason": "no pre-periods"}])
    assert why == ["no bounds could be computed (SUPPORT: no pre-periods)"] * 2


def test_equal_versions_have_equal_verdicts(built, capsys):
    assert main(["whatif", "province_att", "--outcome", "rd_intensity"]) == 0
    lines = capsys.readouterr().out.splitlines()
    said = [[line[10:] for line in lines if line.startswith(f"{side:9} D1")] for side in ("baseline", "variant")]
    assert said[0] and said[0] == said[1]


def test_a_claim_stands_for_its_test(built, capsys):
    assert main(["whatif", "Q2", "draws=9", "--outcome", "nothing"]) == 2
    assert main(["whatif", "S6"]) == 2
    printed = capsys.readouterr().err
    assert "unknown outcome 'nothing'" in printed and "claim S6 has no estimate" in printed


@pytest.mark.parametrize("name", [*STUDY["specifications"], *STUDY["claims"]])
def test_every_specification_and_claim_resolves_or_is_refused_in_one_line(name):
    try:
        model, outcome = named(STUDY, name, "", lambda panel: False)
    except BadOption as error:
        assert f"claim {name} has no estimate: " in str(error) and "\n" not in str(error)
        claim = STUDY["claims"][name]
        assert not claim_tests.tests_of(claim)
    else:
        check(model, Variant(STUDY["specifications"][model], STUDY["outcomes"].get(outcome)), outcome)


@pytest.mark.parametrize(("claim", "why"), [("N", "a recommendation"), ("S9", "four jurisdictions"), ("S6", "no source at hand holds")])
def test_a_claim_without_an_estimate_says_why(claim, why):
    with pytest.raises(BadOption, match=why):
        named(STUDY, claim, "", lambda panel: False)


def test_real_evidence_comes_before_the_simulated_cohort_and_own_firm_files_before_context():
    assert named(STUDY, "D1", "", lambda panel: False) == ("province_att", "rd_intensity")
    assert named(STUDY, "D1", "", lambda panel: True) == ("firm_att", "firm_rd_to_sales")
    assert named(STUDY, "D7", "", lambda panel: False)[0] == "firm_att"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["province_at"], "Did you mean 'province_att'"),
        (["province_att", "--outcome", "rd_intensty"], "Did you mean 'rd_intensity'"),
        (["province_att", "colour=gdp"], "unknown change"),
        (["province_att", "strata=gdp"], "callaway_santanna makes no use of --strata"),
        (["province_att", "drop.province=P0l"], "no row of the panel has province 'P0l'; did you mean 'P"),
        (["province_att", "drop.year=20l9"], "no row of the panel has year '20l9'; did you mean '2019'"),
        (["province_att", "keep.region=7"], "it has 0, 1, 2, 3"),
        (["firm_stacks"], "unknown model 'firm_stacks'"),
        (["royalty_stacked"], "run `make` first"),
    ],
)
def test_wrong_input_ends_with_one_line_before_anything_is_estimated(built, capsys, words, said):
    assert main(["whatif", *words]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_simulated_panels_are_marked(built, capsys):
    folder, panel = built
    panel.attrs["evidence"] = "simulated"
    panel.to_parquet(folder / "data/processed/panels/province_year.parquet")
    assert main(["whatif", "province_att", "draws=9", "--outcome", "rd_intensity"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("province_att, R&D to GDP (SIMULATED)") and "untestable (SIM)" in printed


def boxes(figure):
    """Return the boxes of the labels below the axes, as drawn."""
    figure.canvas.draw()
    return [label.get_window_extent() for label in figure.axes[0].get_xticklabels()]


def test_long_changes_are_wrapped_beside_the_baseline():
    row = pd.Series({"estimate": 1.0, "ci_low": 0.5, "ci_high": 1.5, "event_time": None, "inference": "cluster"})
    changes = "drop.province=Guangdong,Beijing,Inner Mongolia,Heilongjiang controls=log_gdp,secondary_share year>=2012"
    figure = figure_of("m: R&D to GDP", "points", changes, [row.to_frame().T] * 2, [row, row])
    baseline, change = boxes(figure)
    assert baseline.x1 < change.x0 and not baseline.overlaps(change)
    assert change.x1 <= figure.bbox.x1 and figure.axes[0].get_xticklabels()[1].get_text().replace("\n", " ").count("=") == 3
    close(figure)


def test_a_changed_unit_leaves_the_axis_without_one(built, monkeypatch):
    units = []
    monkeypatch.setattr(whatif, "figure_of", lambda title, unit, *rest: units.append(unit) or figure_of(title, unit, *rest))
    assert main(["whatif", "province_att", "draws=9", "--outcome", "rd_intensity"]) == 0
    assert main(["whatif", "province_att", "draws=9", "scale=2", "--outcome", "rd_intensity"]) == 0
    assert units == [OUTCOME["unit"], ""]
