"""The words of the papers, exhibits, claims and documentation, held to paper/STYLE.md."""

import json
import re

import pytest
import typst

from analysis.core.rawfiles import ROOT
from tests.study import STUDY

pytestmark = pytest.mark.fast

RULES = (ROOT / "paper" / "STYLE.md").read_text(encoding="utf-8")
BANNED = [re.compile(line, re.IGNORECASE) for line in re.search(r"```banned\n(.*?)```", RULES, re.DOTALL)[1].splitlines()]
SECTIONS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "paper" / "sections").glob("*.typ"))}
PAGES = ["README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
BLOCKS = ("Question and estimand", "Sample", "Picture", "Results", "What would undo it")
DESIGNS = ("market", "issuers", "projects", "accounts", "provinces", "cities", "verdicts")
# A sentence as far as it goes without a list of numbers: `n`, `lit` and what stands in parentheses are taken out.
SET_APART = r'#n\("\w+"\)|#lit\[[^\]]*\]|\([^()]*\)'
JOINS = 2


def prose():
    """Yield (where, text) of everything that a reader of the study reads as sentences."""
    yield from ((f"paper/sections/{name}.typ", re.sub(r"(?m)^\s*//.*$", "", text)) for name, text in SECTIONS.items())
    for name in ("paper", "supplement", "validation"):
        yield f"paper/{name}.typ", (ROOT / "paper" / f"{name}.typ").read_text(encoding="utf-8")
    for name, about in STUDY["exhibits"].items():
        yield f"title of {name}", about["title"]
        yield f"note of {name}", about["note"]
    for code, claim in STUDY["claims"].items():
        entries = [*claim.get("tests", []), *claim.get("context", []), *claim.get("firms", [])]
        words = [claim.get("estimand", ""), claim.get("note", ""), claim.get("gate", ""), *claim.get("missing", [])]
        yield f"claim {code}", "\n".join([*words, *(entry["says"] for entry in entries if "says" in entry)])
    for page in PAGES:
        yield page, re.sub(r"(?ms)^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"))


TEXTS = dict(prose())


def banned(text):
    """Return the banned words and constructions in `text`, with a few words around each."""
    return [text[max(0, m.start() - 40) : m.end() + 40].replace("\n", " ") for rule in BANNED for m in rule.finditer(text)]


@pytest.mark.parametrize("where", TEXTS)
def test_no_banned_word_is_used(where):
    assert banned(TEXTS[where]) == []


@pytest.mark.parametrize(
    "words", ["allow trends to part", "a surprise", "it was dealt with", "12 heads in a row", "the number is no effect"]
)
def test_a_banned_word_would_be_found(words):
    assert banned(f"Here {words} stands.")


def long_chains(text):
    """Return the sentences that join more than `JOINS` semicolons outside parentheses."""
    plain = text.replace("\\;", ";")
    while re.search(SET_APART, plain):
        plain = re.sub(SET_APART, " x ", plain)
    return [s.strip()[:90] for s in re.split(r"(?<=[.?!:])\s|\n", plain) if s.count(";") > JOINS]


@pytest.mark.parametrize("section", [name for name in SECTIONS if name not in ("supplement", "firms", "simulated")])
def test_sentences_are_no_chains_of_semicolons(section):
    assert long_chains(SECTIONS[section]) == []


@pytest.mark.parametrize("section", DESIGNS)
def test_results_sections_have_the_same_five_blocks_in_order(section):
    heads = re.findall(r"\*(" + "|".join(BLOCKS) + r")\.?\*", SECTIONS[section])
    assert tuple(heads) == BLOCKS


def test_the_abstract_is_short():
    words = re.sub(r'#n\("\w+"\)|#lit\[[^\]]*\]', "number", SECTIONS["abstract"].split("\n", 1)[1])
    words = re.sub(r'#given\("\w+", \[|\], otherwise: \[\]\)', " ", words)
    assert len(words.split()) <= 150


def test_the_paper_has_at_most_25_pages_before_its_references():
    paper, names = str(ROOT / "paper" / "paper.typ"), {"numbers": "numbers.json"}
    try:
        found = typst.query(paper, "<last-page>", field="value", root=str(ROOT), ignore_system_fonts=True, sys_inputs=names)
    except RuntimeError as error:
        if "does not contain key" not in str(error):
            raise
        pytest.skip("the archived numbers are older than the text: run make")
    assert json.loads(found)[0] <= 25
