"""The paper's text: no number typed by hand, every exhibit shown once, every number defined and used."""

import json
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import typst

from analysis.core.rawfiles import ROOT
from analysis.exhibits.display import save_figure
from tests.study import STUDY

pytestmark = pytest.mark.fast

SECTIONS = sorted((ROOT / "paper" / "sections").glob("*.typ"))
TEXT = {path.stem: path.read_text(encoding="utf-8") for path in SECTIONS}

# What may hold a digit: code, labels and citations, conventions marked as such, formulas, and the numbers of sections.
ALLOWED = (
    r"//.*",
    r"#import.*",
    r"#set .*",
    r"#counter.*",
    r"#let .*",
    r'#n\("[^"]*"\)',
    r"#lit\[[^\]]*\]",
    r"\$[^$]*\$",
    r"@[\w-]+",
    r"<[\w-]+>",
    r'#when\("[^"]*"[^)]*\)',
    r'#(show-table|show-figure|given|firm)\("?[^")]*"?',
)


def typed_numbers(text):
    for pattern in ALLOWED:
        text = re.sub(pattern, " ", text)
    return re.findall(r"\S*\d\S*", text)


@pytest.mark.parametrize("section", TEXT)
def test_no_number_is_typed_by_hand(section):
    allowed = {"data": {"31"}}.get(section, set())
    assert [word for word in typed_numbers(TEXT[section]) if word not in allowed] == []


@pytest.mark.parametrize("section", TEXT)
def test_no_semicolon_is_swallowed(section):
    """Typst takes a semicolon after an expression for its end and prints nothing."""
    assert re.findall(r"(?:#n\(\"[^\"]*\"\)|#lit\[[^\]]*\]);", TEXT[section]) == []


def test_a_typed_number_would_be_found():
    assert typed_numbers('The effect is #n("rd_att") or 0.31, at #lit[95 %].') == ["0.31,"]


EVIDENCE = ("market", "issuers", "projects", "accounts", "royalty", "provinces", "cities")


def test_conventions_are_not_results():
    """`lit` is for levels, dates and quotations of the study, never for a decimal estimate in the results."""
    marked = {name: re.findall(r"#lit\[([^\]]*)\]", TEXT[name]) for name in EVIDENCE}
    decimals = [(name, word) for name, words in marked.items() for word in words if re.search(r"\d\.\d", word)]
    assert all(re.fullmatch(r"0\.80|0\.05", word) for _, word in decimals), decimals
    years = [
        word
        for word in marked["market"] + marked["provinces"] + marked["royalty"]
        if not re.fullmatch(r"(19|20)\d\d|95 %|0\.80|0\.05|[QDS]\d+", word)
    ]
    assert years == []


def test_every_number_is_defined_and_used():
    used = set(re.findall(r'#(?:n|when)\("([^"]*)"', " ".join(TEXT.values())))
    used |= {name for exhibit in STUDY["exhibits"].values() for name in re.findall(r"\{(\w+)\}", exhibit["title"] + exhibit["note"])}
    guards = {name for name, number in STUDY["numbers"].items() if "expect" in number}
    assert used - set(STUDY["numbers"]) == set()
    assert set(STUDY["numbers"]) - used - guards == set()


def test_the_title_of_every_figure_states_a_number_of_the_data():
    figures = {name: about["title"] for name, about in STUDY["exhibits"].items() if "alt" in about}
    assert len(figures) > 30
    assert [name for name, title in figures.items() if not re.search(r"\{\w+\}", title)] == []


def test_every_exhibit_is_shown_once():
    shown = re.findall(r'#show-(?:table|figure)\("([^"]*)"\)', " ".join(TEXT.values()))
    assert sorted(shown) == sorted(STUDY["exhibits"])


def test_every_reference_has_its_target():
    text = " ".join([*TEXT.values(), (ROOT / "paper" / "paper.typ").read_text(encoding="utf-8")])
    targets = set(STUDY["exhibits"]) | set(re.findall(r"<([\w-]+)>", text))
    targets |= set(re.findall(r"@\w+\{(\w+),", Path(ROOT / "paper/references.bib").read_text(encoding="utf-8")))
    assert {name.rstrip("-") for name in re.findall(r"@([\w-]+)", text)} - targets == set()


REFERENCES = (ROOT / "paper/references.bib").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"@\w+\{(\w+),(.*?)\n\}", REFERENCES, re.DOTALL))


def named_works(note):
    """Return (first author, year) of each work that a note names: 'Oster (2019)', 'Romano and Wolf 2005'."""
    name = r"[A-Z][\w'-]*[a-z][\w'-]*"
    return re.findall(rf"(?<!\d )({name})(?:,(?: {name},?)*)?(?:,? and {name}| et al\.)? \(?((?:19|20)\d\d)(?=[);,]| with)", note)


@pytest.mark.parametrize("exhibit", [name for name, about in STUDY["exhibits"].items() if "cites" in about or named_works(about["note"])])
def test_works_that_a_note_names_are_in_the_references(exhibit):
    about = STUDY["exhibits"][exhibit]
    entries = [ENTRIES[key] for key in about.get("cites", [])]
    for author, year in named_works(about["note"]):
        found = [entry for entry in entries if re.search(rf"author = \{{{author},", entry) and f"year = {{{year}}}" in entry]
        assert found, f"{author} {year} is named and not among the works that the note cites"


def test_works_in_notes_are_found():
    assert named_works("Permuted (Simonsohn, Simmons and Nelson 2020); Oster (2019) with R2.") == [("Simonsohn", "2020"), ("Oster", "2019")]


ONE_TABLE = {"columns": ["a"], "rows": [["x"]], "align": ["left"], "widths": ["auto"], "rules": [], "bold": [], "wide": []}


@pytest.mark.parametrize(("evidence", "marked"), [("simulated", True), ("real", False)])
def test_simulated_exhibits_say_so_in_their_captions_and_real_ones_do_not(tmp_path, evidence, marked):
    for folder in ("paper/tables", "figures"):
        (tmp_path / folder).mkdir(parents=True)
    style = (ROOT / "paper" / "style.typ").read_text(encoding="utf-8")
    (tmp_path / "paper" / "style.typ").write_text(style, encoding="utf-8")
    about = {"title": "Title", "note": "Note."}
    numbers = {"simulated": [], "absent": {}, "blind": "", "numbers": {}, "values": {}, "exhibits": {"t": about, "f": about}}
    (tmp_path / "paper" / "numbers.json").write_text(json.dumps(numbers), encoding="utf-8")
    (tmp_path / "paper" / "tables" / "t.json").write_text(json.dumps(ONE_TABLE | {"evidence": evidence}), encoding="utf-8")
    figure, axes = plt.subplots()
    axes.plot([1, 2], [1, 2])
    save_figure(figure, [str(tmp_path / f"figures/f.{form}") for form in ("pdf", "csv")], evidence)
    (tmp_path / "paper" / "paper.typ").write_text('#import "style.typ": *\n#show-table("t")\n#show-figure("f")\n', encoding="utf-8")
    captions = typst.query(str(tmp_path / "paper/paper.typ"), "figure", field="caption", root=str(tmp_path), ignore_system_fonts=True)
    assert [("SIMULATED" in json.dumps(caption)) for caption in json.loads(captions)] == [marked, marked]
