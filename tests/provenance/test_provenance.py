"""Chains from printed numbers to raw files."""

import hashlib
import json

import pytest

from analysis.__main__ import main
from analysis.commands import explain
from analysis.core.catalogue import ROOT
from analysis.core.config import products
from analysis.provenance.files import code_version, fingerprint, rows_of
from analysis.provenance.graph import chain, sources_of
from analysis.provenance.programs import program_of
from analysis.provenance.sentences import sentences_of
from analysis.provenance.stale import changed
from tests.study import STUDY


def test_sentences_are_read_as_they_are_printed(tmp_path):
    text = 'Intro.\n\nFirst claim. *R&D* rises by #n("a") points (@table_one), #lit[95 %] interval from #n("b"). Next.\n\n#given("f", [Firms: #n("c").], otherwise: [])\n'
    path = tmp_path / "one.typ"
    path.write_text(text)
    found = list(sentences_of(path, {"a": "0.31", "b": "−1", "c": "4"}))
    rises = "R&D rises by 0.31 points, 95 % interval from −1."
    assert found == [("a", 3, rises), ("b", 3, rises), ("c", 5, "Firms: 4.")]


def test_a_sentence_keeps_the_exhibit_that_is_its_subject(tmp_path):
    path = tmp_path / "one.typ"
    path.write_text('Before (@other). @curves estimates #n("a") combinations of choices.\n\nBeside #n("b"), @curves has more.\n')
    found = [text for _, _, text in sentences_of(path, {"a": "2,964", "b": "4"}, {"curves": "Figure “Curves”"})]
    assert found == ["Figure “Curves” estimates 2,964 combinations of choices.", "Beside 4, Figure “Curves” has more."]


def test_every_printed_number_of_the_paper_has_its_sentence():
    texts = json.loads((ROOT / "paper" / "numbers.json").read_text())["numbers"]
    for path in sorted((ROOT / "paper").rglob("*.typ")):
        for name, _, sentence in sentences_of(path, texts):
            if name not in texts:
                continue  # as in a comment on how to print one
            assert texts[name] in sentence and "#" not in sentence and "lit[" not in sentence, (path.name, name, sentence)


def test_fingerprint_counts_rows_and_hashes_bytes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('x,y\n1,"two\nlines"\n3,4\n')
    found = fingerprint(path, "raw/a.csv")
    assert found == {"path": "raw/a.csv", "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size, "rows": 2}
    assert rows_of(tmp_path / "paper.pdf") is None


def test_version_of_code_changes_with_the_code(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.provenance.files.ROOT", tmp_path)
    (tmp_path / "a.py").write_text("1")
    (tmp_path / "b.py").write_text("2")
    first = code_version(["a.py", "b.py"])
    assert code_version(["b.py", "a.py"]) == first and first["files"] == 2
    (tmp_path / "b.py").write_text("3")
    assert code_version(["a.py", "b.py"])["sha256"] != first["sha256"]


def node(kind, name, sources=(), **more):
    return {"kind": kind, "name": name, "title": name, "evidence": "real", "absent": "", "from": list(sources), **more}


@pytest.fixture
def graph():
    file = {"path": "data/raw/a.csv", "sha256": "0" * 64, "bytes": 3, "rows": 2}
    row = {
        "estimand": "Effect on provinces",
        "term": "att",
        "outcome": "rd",
        "model_id": "m",
        "parameter": "att|analytic",
        "estimate": 0.31,
    }
    place = {"file": "paper/one.typ", "line": 3, "text": "R&D rises by 0.31."}
    number = {"text": "0.31", "value": 0.31, "sentences": [place], "claims": ["D1"], "row": row, "value_of": "estimate"}
    test = {"says": "R&D to GDP", "verdict": "untestable", "code": "PRE", "verdict_before_gates": "consistent (strong)", "explanation": ""}
    nodes = [
        node("raw", "a", files=[file], citation="Office", licence="free", accessed="2026-11"),
        node("source", "s", ["raw:a"], rows=2),
        node("panel", "p", ["source:s"], rows=4),
        node("estimates", "m", ["panel:p"], settings={"estimator": "pooled"}),
        node("number", "rd_att", ["estimates:m"], label="R&D to GDP", **number),
        node("claim", "D1", ["estimates:m"], claim="R&D rises", verdict="untestable", code_="FIELD", explanation="", tests=[test]),
        node(
            "exhibit", "table", ["estimates:m"], files=[{**file, "path": "paper/tables/table.csv"}], cells=[[1, "estimate", 0, "estimate"]]
        ),
    ]
    estimate = {**row, "specification": "estimates:m"}
    return {"nodes": {f"{n['kind']}:{n['name']}": n for n in nodes}, "estimates": [estimate], "code": {"files": 1, "sha256": "1" * 64}}


def test_chain_reaches_the_raw_file(graph):
    steps = [name for _, name in chain(graph, "number:rd_att")]
    assert steps == ["number:rd_att", "estimates:m", "panel:p", "source:s", "raw:a"]


def test_a_shared_panel_stands_below_each_that_is_made_from_it(graph):
    graph["nodes"]["estimates:m2"] = node("estimates", "m2", ["panel:p"], settings={})
    graph["nodes"]["claim:D1"]["from"].append("estimates:m2")
    assert [name for _, name in chain(graph, "claim:D1")][-2:] == ["estimates:m2", "panel:p"]
    assert [line for line in explain.lines(graph, "claim:D1") if "panel p" in line] == ["    panel p (4 rows)", "    panel p (above)"]


def test_everything_that_code_makes_names_its_program():
    for name, kind in products(STUDY).items():
        about = program_of(STUDY, kind, name)
        assert (ROOT / about["module"]).exists() and about["files"] > 1, (kind, name)
    assert program_of(STUDY, "verdicts", "verdicts")["module"] == "analysis/core/claims.py"


def test_simulations_begin_with_their_designs():
    assert sources_of(STUDY, products(STUDY), "montecarlo", "montecarlo") == [
        f"data_generating_process:{name}" for name in STUDY["montecarlo"]
    ]
    assert (
        program_of(STUDY, "data_generating_process", "staggered")["module"] == "analysis/simulations/data_generating_processes/staggered.py"
    )


@pytest.mark.parametrize(
    ("query", "first"),
    [("rd_att", "number:rd_att"), ("R&D effect, provinces", "number:rd_att"), ("D1", "claim:D1"), ("exhibit:table", "exhibit:table")],
)
def test_words_and_names_find_what_is_meant(graph, query, first):
    assert explain.search(graph, query)[0] == first


def run(graph, tmp_path, monkeypatch, capsys, *words):
    monkeypatch.setattr(explain, "ROOT", tmp_path)
    monkeypatch.setattr(explain, "load", lambda: STUDY)
    path = tmp_path / next(iter(STUDY["documents"].values())).provenance
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(graph))
    (tmp_path / "paper/tables").mkdir(parents=True)
    (tmp_path / "paper/tables/table.csv").write_text("outcome,estimate,p_value\nrd,0.31,\n")
    (tmp_path / "paper/one.typ").write_text('= Results\n\nR&D rises by #n("rd_att").\n')
    (tmp_path / "paper/numbers.json").write_text(json.dumps({"numbers": {"rd_att": "0.31"}, "exhibits": {}}))
    status = main(["explain", *words])
    return status, capsys.readouterr()


def test_explain_prints_every_step(graph, tmp_path, monkeypatch, capsys):
    status, printed = run(graph, tmp_path, monkeypatch, capsys, "R&D", "effect")
    assert status == 0
    for part in (
        'paper/one.typ, line 3: "R&D rises by 0.31."',
        "claim D1",
        "estimate 0.31",
        "estimator: pooled",
        "panel p (4 rows)",
        "2 rows, SHA-256 000",
        "1111111",
    ):
        assert part in printed.out


def test_a_place_in_the_paper_is_looked_up(graph, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(explain, "printed_numbers", lambda root, documents: {"other": "Figure 1", "table": "Table 1"})
    assert run(graph, tmp_path, monkeypatch, capsys, "table", "1")[1].out.startswith("exhibit table")


def test_a_number_is_found_as_printed_with_its_ties(graph, tmp_path, monkeypatch, capsys):
    graph["nodes"]["number:other"] = {**graph["nodes"]["number:rd_att"], "name": "other"}
    _, printed = run(graph, tmp_path, monkeypatch, capsys, "0.31")
    assert printed.out.startswith("number rd_att") and printed.out.endswith("Also printed as '0.31': number:other\n")


def test_explain_puts_the_gate_before_the_interval(graph, tmp_path, monkeypatch, capsys):
    _, printed = run(graph, tmp_path, monkeypatch, capsys, "D1")
    assert "R&D to GDP: untestable (PRE); the interval alone: consistent (strong)" in printed.out


def test_explain_warns_of_raw_files_that_changed(graph, tmp_path, monkeypatch, capsys):
    raw = tmp_path / "data/raw/a.csv"
    raw.parent.mkdir(parents=True)
    raw.write_text("x\n1\n2\n")
    graph["nodes"]["raw:a"]["files"] = [fingerprint(raw, "data/raw/a.csv")]
    _, printed = run(graph, tmp_path, monkeypatch, capsys, "rd_att")
    assert printed.err == ""
    raw.write_text("x\n1\n3\n")
    assert main(["explain", "rd_att"]) == 0
    assert capsys.readouterr().err == "warning: data/raw/a.csv changed since the run explained here: run `make`\n"


def test_a_file_outside_the_checkout_is_compared_where_it_lies(graph, tmp_path, monkeypatch):
    monkeypatch.setenv("IPS_DATA", str(tmp_path))
    (tmp_path / "a.csv").write_text("x\n1\n")
    graph["nodes"]["raw:a"]["files"] = [fingerprint(tmp_path / "a.csv", "IPS_DATA/a.csv")]
    assert changed(graph, "number:rd_att", ROOT) == []
    (tmp_path / "a.csv").unlink()
    assert changed(graph, "number:rd_att", ROOT) == ["IPS_DATA/a.csv"]


def test_explain_traces_a_cell(graph, tmp_path, monkeypatch, capsys):
    status, printed = run(graph, tmp_path, monkeypatch, capsys, "table:1:estimate")
    assert status == 0 and printed.out.startswith("row 1, column estimate: estimate of m / rd / att|analytic")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("nothing_here", "nothing is called or said to be"),
        ("number:rd_at", "there is no 'number:rd_at'; the nearest is number:rd_att"),
        ("tabel:1:estimate", "there is no 'tabel:1:estimate'"),
        ("Table 7", "the paper has no Table 7; its last one is Table 1"),
        ("table:9:estimate", "no row 9; rows are 1 to 1"),
        ("table:1:estimat", "no column 'estimat'; did you mean 'estimate'?"),
        ("table:1:p_value", "that cell is empty"),
        ("table:1:outcome", "not a number of one estimate; in this row these are: estimate"),
    ],
)
def test_explain_refuses_what_it_does_not_know(graph, tmp_path, monkeypatch, capsys, query, said):
    monkeypatch.setattr(explain, "printed_numbers", lambda root, documents: {"table": "Table 1"})
    status, printed = run(graph, tmp_path, monkeypatch, capsys, query)
    assert status == 2 and said in printed.err


def test_explain_without_a_run_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(explain, "ROOT", tmp_path)
    monkeypatch.setattr(explain, "load", lambda: STUDY)
    assert main(["explain", "rd_att"]) == 2 and "run `make` first" in capsys.readouterr().err
