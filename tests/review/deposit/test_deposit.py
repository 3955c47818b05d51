"""The deposit: what goes in, what its README says, and that each check finds what it looks for."""

import csv
import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest
import yaml

from analysis.__main__ import main
from analysis.core.catalogue import ROOT
from analysis.core.comparisons import kind_of, made_by
from analysis.core.errors import DataError
from analysis.review import runtime
from analysis.review.deposit import checks, files, metadata, pdf, readme, regenerated, standard
from analysis.review.deposit.checks import Deposit
from analysis.review.deposit.dry_run import PLANNED, dry_run, plan
from analysis.validation import _datasets
from tests.study import STUDY

WORKBOOK = "IPS_DATA/scoreboard/SB2014_World2500.xlsx"
CLEAN = {
    "LICENSE": "MIT License\n",
    "analysis/__init__.py": "",
    "data/raw/one/values.csv": "province,value,url\nHebei,13039546459,https://a.org/x\nHainan,2.5,\n",
    "data/raw/one/README.md": "# One\n\nA card.\n",
    "paper/numbers.json": "{}\n",
}


@pytest.fixture
def deposit(tmp_path):
    """Return a small deposit in which nothing is wrong for the checks of files."""
    for path, text in CLEAN.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    source = {"title": "One", "citation": "Office", "licence": "CC BY 4.0", "accessed": "2026", "file": "data/raw/one/values.csv"}
    study = {"deposit": STUDY["deposit"], "raw": {"one": source}, "title": STUDY["title"], "exhibits": {}, "numbers": {}}
    files.write_manifest(tmp_path)
    return Deposit(tmp_path, study, {"nodes": {}, "code": {}})


def put(deposit, path, text):
    (deposit.out / path).parent.mkdir(parents=True, exist_ok=True)
    (deposit.out / path).write_text(text)


OF_FILES = (
    checks.no_empty_files, checks.no_duplicates, checks.no_archives, checks.no_machine_paths, checks.no_personal_data,
    checks.manifest_matches, checks.data_described, checks.only_own_raw_data, checks.code_is_source,
)  # fmt: skip


@pytest.mark.parametrize("check", OF_FILES, ids=lambda check: check.__name__)
def test_a_clean_deposit_passes(deposit, check):
    assert list(check(deposit)) == []


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (checks.no_empty_files, "docs/empty.md", ""),
        (checks.no_duplicates, "docs/copy.md", CLEAN["LICENSE"]),
        (checks.no_archives, "data/all.zip", "PK"),
        (checks.no_machine_paths, "analysis/a.py", 'FOLDER = "/ho' + 'me/anna/data"\n'),
        (checks.no_machine_paths, "analysis/a.py", "read('C:\\\\Us" + "ers\\\\anna')\n"),
        (checks.no_personal_data, "data/raw/one/b.csv", "name,contact\nA,anna@uni.org\n"),
        (checks.no_personal_data, "data/raw/one/b.csv", "name,contact\nA,+49 30 1234 5678\n"),
        (checks.no_personal_data, "data/raw/one/b.csv", "name,contact\nA,call 13812345678\n"),
        (checks.no_personal_data, "data/raw/one/b.csv", "name,contact\nA,13812345678\nB,13912345678\n"),
        (checks.no_personal_data, "data/raw/one/b.csv", "name,E-Mail\nA,\n"),
        (checks.manifest_matches, "LICENSE", "Another\n"),
        (checks.manifest_matches, "docs/new.md", "new\n"),
        (checks.only_own_raw_data, "data/raw/firms/csmar.csv", "licensed\n"),
        (checks.code_is_source, "analysis/a.pyc", "x"),
    ],
)
def test_each_check_finds_what_it_looks_for(deposit, check, path, text):
    put(deposit, path, text)
    found = list(check(deposit))
    assert found and path in found[0]


def test_files_that_are_gone_are_found(deposit):
    (deposit.out / "data/raw/one/values.csv").unlink()
    assert any("not in the deposit" in line for line in checks.manifest_matches(deposit))
    assert any("data/raw/one/values.csv: is not in the deposit" in line for line in checks.data_described(deposit))


@pytest.mark.parametrize("field", ["citation", "licence", "accessed"])
def test_a_source_without_rights_is_found(deposit, field):
    deposit.study["raw"]["one"][field] = ""
    assert list(checks.data_described(deposit)) == [f"config/sources/one.yaml: '{field}' is blank"]


def test_external_files_may_not_be_inside_and_say_how_to_get_them(deposit):
    source = {**deposit.study["raw"]["one"], "external": True, "file": "one/values.csv"}
    found = list(checks.data_described(replace(deposit, study={**deposit.study, "raw": {"one": source}})))
    assert len(found) == 2 and "'obtain' is blank" in found[0] and "may not be in the deposit" in found[1]


def test_raw_data_that_changed_are_found(deposit):
    put(deposit, "data/raw/one/SHA256SUMS", f"{'0' * 64}  values.csv\n")
    assert "values.csv" in next(checks.raw_data_unchanged(deposit))


def test_results_of_another_run_are_found(deposit):
    put(deposit, "figures/a.csv", "1\n")
    node = {"kind": "exhibit", "files": [{"path": "figures/a.csv", "sha256": "of another run"}]}
    graph = {"nodes": {"exhibit:a": node}, "code": {"sha256": "of other code"}}
    study = {**deposit.study, "exhibits": {"a": {}, "b": {}}, "numbers": {"n": {}}}
    found = list(checks.provenance_current(replace(deposit, graph=graph, study=study)))
    assert [line.split(":")[0] for line in found] == ["exhibit b", "number n", "figures/a.csv", found[-1].split(":")[0]]
    assert "code or configuration changed" in found[-1]


def test_results_that_stand_empty_are_found(deposit):
    node = {"kind": "exhibit", "name": "firms", "absent": "No workbooks.", "evidence": "real"}
    found = list(checks.results_complete(replace(deposit, graph={"nodes": {"exhibit:firms": node}})))
    assert "firms: not available in this run: No workbooks." in found and any("paper/paper.pdf" in line for line in found)


def written(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "README.md").write_text(f"# {metadata.title(STUDY, ROOT)}\n\n" + ", ".join(STUDY["deposit"]["jel"]))
    (out / "sp ace&.txt").write_text("x")
    metadata.write(STUDY, ROOT, out, files.held(out))
    return Deposit(out, STUDY, {"nodes": {}})


def test_metadata_have_what_archives_ask(tmp_path):
    deposit = written(tmp_path)
    assert list(checks.metadata_valid(deposit)) == []
    datacite = json.loads(deposit.read("datacite.json"))
    assert datacite["publicationYear"].isdigit() and datacite["types"]["resourceTypeGeneral"] == "Dataset"
    assert yaml.safe_load(deposit.read("CITATION.cff"))["title"].startswith("Data and Code for: ")


@pytest.mark.parametrize(
    ("path", "old", "new", "says"),
    [
        ("datacite.json", '"publisher"', '"editor"', "'publisher' is missing"),
        ("CITATION.cff", "message:", "note:", "'message' is missing"),
        ("README.md", "Data and Code for: ", "", "title:"),
        ("README.md", "O34", "", "JEL:"),
        ("ro-crate-metadata.json", '"datePublished"', '"date"', "no 'datePublished'"),
        ("ro-crate-metadata.json", "sp%20ace%26.txt", "other.txt", "is no part"),
    ],
)
def test_broken_metadata_are_found(tmp_path, path, old, new, says):
    deposit = written(tmp_path)
    text = deposit.read(path)
    assert old in text
    (deposit.out / path).write_text(text.replace(old, new))
    assert any(says in line for line in checks.metadata_valid(deposit))


def test_the_deposit_holds_tracked_files_and_results_only(tmp_path):
    for path in ("README.md", "a.py", "data/raw/firms/licensed.csv", "figures/new.csv"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    with pytest.raises(DataError, match="neither under version control"):
        files.listed(tmp_path, ["figures/*.csv"])
    subprocess.run("git init -q && git add README.md a.py", shell=True, cwd=tmp_path, check=True)
    names = files.listed(tmp_path, ["figures/*.csv"])
    assert names == {"GUIDE.md": "README.md", "a.py": "a.py", "figures/new.csv": "figures/new.csv"}


def test_a_folder_that_is_no_deposit_is_not_overwritten(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "thesis.txt").write_text("precious")
    with pytest.raises(DataError, match="no earlier deposit"), files.replaced(ROOT, own):
        pass
    assert (own / "thesis.txt").read_text() == "precious"


def test_a_deposit_that_fails_leaves_the_earlier_one(tmp_path):
    with files.replaced(ROOT, tmp_path / "d") as part:
        files.write_manifest(part)
        (part / "a").write_text("earlier")
    with pytest.raises(ZeroDivisionError), files.replaced(ROOT, tmp_path / "d") as part:
        _ = 1 / 0
    assert (tmp_path / "d/a").read_text() == "earlier" and [p.name for p in tmp_path.iterdir()] == ["d"]


def test_all_sixteen_rules_are_answered_by_checks_or_a_person():
    known = {check.__name__ for check in checks.CHECKS} | {"dry_run", "results_regenerated"}
    assert [rule.number for rule in standard.STANDARD] == list(range(1, 17))
    assert all(rule.checks or rule.person for rule in standard.STANDARD)
    named = {name for rule in standard.STANDARD for name in rule.checks}
    assert named == known, "a check that no rule names would decide nothing"


def test_a_broken_check_breaks_its_rules_and_is_in_the_report():
    problems = {name: ("asks", []) for rule in standard.STANDARD for name in rule.checks}
    assert "BROKEN" not in standard.report(STUDY, ROOT, problems)
    problems["no_archives"] = ("asks", ["data/all.zip: is an archive"])
    text = standard.report(STUDY, ROOT, problems)
    assert "| 4 Format |" in text and text.count("BROKEN (no_archives)") == 1 and "- no_archives: data/all.zip" in text


def test_a_status_says_no_more_than_its_checks_saw():
    problems = {name: ("asks", []) for rule in standard.STANDARD for name in rule.checks}
    shown = {rule.number: standard.status(rule, problems, STUDY) for rule in standard.STANDARD}
    assert shown[14] == "to do by a person"  # no DOI yet
    assert {shown[3], shown[7], shown[8]} == {"plan checked by a dry run"}
    assert shown[6].startswith("to do by a person for ") and "issuances_china" in standard.without_publication(STUDY)
    assert "scoreboard_workbooks" not in standard.without_publication(STUDY)
    given = {**STUDY, "deposit": {**STUDY["deposit"], "doi": "10.1234/x", "publisher": "An archive"}}
    assert standard.status(standard.STANDARD[13], problems, given) == "met; and by a person"


@pytest.fixture
def archived(tmp_path):
    """Return a deposit of the archived results of this checkout."""
    for folder in ("figures", "paper"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return Deposit(tmp_path, STUDY, {"nodes": {}, "code": {}})


def test_forged_prints_of_a_table_and_a_forged_paper_are_found(archived, monkeypatch):
    """What is made from data/processed is left out: a fresh checkout has none."""
    every = regenerated._makers
    monkeypatch.setattr(
        regenerated,
        "_makers",
        lambda *given: (made for made in every(*given) if made[0].startswith("paper/tables/") or "paper.pdf" in made[0]),
    )
    assert list(regenerated.results_regenerated(archived)) == []
    forged = ["paper/tables/scorecard.tex", "paper/tables/scorecard.html", "paper/paper.pdf"]
    for path in forged:
        with (archived.out / path).open("ab") as stream:
            stream.write(b" ")
    assert [line.split(":")[0] for line in regenerated.results_regenerated(archived)] == forged


def test_every_result_without_a_hash_in_the_provenance_is_made_again():
    made = {path for path, _ in regenerated._makers(STUDY, ROOT)}
    assert set(checks.RESULT_FILES) <= made and "paper/tables/scorecard.tex" in made and "paper/tables/scorecard.html" in made


def test_what_a_person_must_supply_shrinks_when_it_is_given(tmp_path):
    blank = standard.supply(STUDY, ROOT)
    about = {"authors": [{"given-names": "A", "family-names": "B", "orcid": "https://orcid.org/0000-0000-0000-0000"}]}
    (tmp_path / "CITATION.cff").write_text(yaml.safe_dump(about))
    deposit = {**STUDY["deposit"], "doi": "10.1234/x", "publisher": "An archive", "acknowledgements": "None."}
    given = standard.supply({**STUDY, "deposit": deposit}, tmp_path)
    assert any("DOI" in item for item in blank) and not any("DOI" in item or "ORCID" in item for item in given)


def test_validation_files_are_those_that_checks_read():
    text = (ROOT / "analysis/validation/_datasets.py").read_text()
    assert set(re.findall(r'read\("([^"]+\.csv)"\)', text)) == set(STUDY["deposit"]["validation"]["files"])
    assert _datasets.validation_folder().name == STUDY["deposit"]["validation"]["folder"]


def test_text_of_a_table_is_not_read_as_markup(tmp_path):
    text = f"# Title\n\n| a | b |\n|---|---|\n| {readme.cell('a|b *c* [d] <e>')} | `x_y/z` |\n\n1. One **two** `three`\n"
    pdf.typeset(text, tmp_path / "a.pdf", "en", 2026)
    first = (tmp_path / "a.pdf").read_bytes()
    pdf.typeset(text, tmp_path / "a.pdf", "en", 2026)
    assert first.startswith(b"%PDF") and first == (tmp_path / "a.pdf").read_bytes()
    with pytest.raises(ValueError, match="blockquote"):
        pdf.typeset("# Title\n\n> quoted\n", tmp_path / "b.pdf", "en", 2026)


@pytest.fixture(scope="module")
def graph():
    """Return a provenance that has every exhibit and number of the configuration, and one estimate behind all numbers."""
    nodes = {
        "raw:firm_files": {"kind": "raw", "evidence": "simulated"},
        "raw:scoreboard_workbooks": {"kind": "raw", "files": [{"path": WORKBOOK, "sha256": "a1b2"}]},
        "facts:f": {"kind": "facts", "code": {"module": "analysis/exhibits/facts/province_facts.py"}},
    }
    for name, about in STUDY["exhibits"].items():
        kind = kind_of(STUDY["exhibits"], name)
        maker, own = made_by(STUDY["exhibits"], kind, name)
        module = readme.modules(maker)[own]
        node = {"kind": "exhibit", "name": name, "title": about["title"], "evidence": "real", "absent": "", "exhibit": kind, "files": []}
        nodes[f"exhibit:{name}"] = node | {"code": {"module": module}}
    for name in STUDY["numbers"]:
        place = {"file": "paper/sections/provinces.typ", "line": 3, "text": f"{name} | rises."}
        node = {"kind": "number", "name": name, "text": "1", "evidence": "", "absent": "", "sentences": [place], "from": ["facts:f"]}
        nodes[f"number:{name}"] = node
    return {"nodes": nodes, "code": {}}


def test_the_readme_is_complete_and_lists_everything(tmp_path, graph, monkeypatch):
    monkeypatch.setattr(readme, "printed_numbers", lambda root, documents: {"scorecard": "Table 17"})
    stage = {"stage": "clean", "what": "x", "jobs": 2, "measured": 1, "seconds": 90.0, "longest": 9.0, "peak": 5.0}
    monkeypatch.setattr(runtime, "stages", lambda logs: [stage])
    held = sorted(files.listed(ROOT, []))
    text = readme.readme(STUDY, ROOT, held, graph)
    (tmp_path / "README.md").write_text(text)
    pdf.typeset(text, tmp_path / "README.pdf", "en", 2026)
    deposit = Deposit(tmp_path, STUDY, graph)
    assert list(checks.readme_complete(deposit)) == []
    assert not [line for line in checks.results_listed(deposit) if "is not listed" in line]
    assert re.search(r"^\| Table 17 \| scorecard: .*`analysis/exhibits/tables/scorecard.py` \| `layout`, \d+ \|", text, re.MULTILINE)
    assert re.search(rf"^\| `{WORKBOOK}` \| .* \| no \| `a1b2` \|$", text, re.MULTILINE)
    assert re.search(r"^\| `IPS_DATA/validation/mpdta.csv` \| .*Tests of estimators only.* \| no \|  \|$", text, re.MULTILINE)
    assert "sums of the jobs' own seconds" in text and "cores divide" not in text and "rd\\_att \\| rises" in text
    for line in text.splitlines():
        if line.startswith("| rd_att |"):
            assert len(re.split(r"(?<!\\)\|", line)) == 9, "a cell broke its row"


def test_a_readme_that_lost_a_part_is_found(tmp_path):
    text = "\n\n".join(f"## {heading}" for heading in checks.HEADINGS if heading != "Dataset list") + "\n\n(not measured)\n"
    (tmp_path / "README.md").write_text(text)
    found = list(checks.readme_complete(Deposit(tmp_path, STUDY, {})))
    assert [line.split(":")[0] for line in found] == ["README.md"] * 3 + ["README.pdf"]
    assert "'Dataset list' is missing" in found[0] and "0 steps" in found[1] and "no measured time" in found[2]


def test_the_listed_files_suffice_to_plan_the_whole_study(tmp_path):
    files.copy(ROOT, files.listed(ROOT, []), tmp_path / "unpacked")
    for name in ("figures", "paper/tables", "paper/paper.pdf", "paper/numbers.json"):
        path = tmp_path / "unpacked" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    done = plan(tmp_path / "unpacked")
    assert done.returncode == 0, done.stdout + done.stderr
    jobs = {name: int(count) for name, count in PLANNED.findall(done.stdout + done.stderr)}
    assert jobs["draw"] + jobs["layout"] == len(STUDY["exhibits"]) and jobs["trace"] == 2 and jobs["typeset"] == 3


def test_a_deposit_that_lacks_a_file_of_the_workflow_does_not_pass(tmp_path):
    files.copy(ROOT, files.listed(ROOT, []), tmp_path)
    (tmp_path / "config/tables/estimate.yaml").unlink()
    assert "snakemake -n stops" in next(dry_run(Deposit(tmp_path, STUDY, {})))


def test_a_manifest_says_what_an_unpacked_deposit_holds(deposit):
    assert set(files.listed(deposit.out, [])) == set(CLEAN) | {"CITATION.cff"}
    with (deposit.out / files.MANIFEST).open(newline="") as stream:
        assert next(csv.reader(stream)) == ["path", "bytes", "sha256"]


def test_without_a_finished_run_it_says_so(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("analysis.core.documents.Document.provenance", "data/processed/none.json")
    assert main(["package", "--out", str(tmp_path / "d")]) == 2
    assert "run `make` first" in capsys.readouterr().err and not (tmp_path / "d").exists()
