"""The sentences that print a number, read from the Typst text of the documents and the notes of their exhibits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from analysis.core.catalogue import ROOT
from analysis.core.documents import QUOTED

NUMBER = re.compile(r'#n\("(\w+)"\)')
# What is set in Typst but not read aloud: references, literal marks, emphasis, escaped punctuation.
REFERENCE = re.compile(r"\\?[;,]?\s*@[\w-]+")
NAMED = re.compile(r"@([\w-]+)")
EMPTY = re.compile(r"\s*\(\s*\)")
LITERAL = re.compile(r"#lit\[([^\]]*)\]")
COMMAND = re.compile(r"\],\s*otherwise:\s*\[\]\)|#(?:given|emph|warning|when)\([^\[]*\[|#\w+(?:\([^)]*\))?")
END = re.compile(r"(?<=[.;?!])\s+(?=[A-Z+*#\x00])|(?<=[.?!])\s+(?=@)")


def add_sentences(graph: dict, numbers: dict, notes: dict[str, str], root: Path = ROOT) -> dict:
    """Return the provenance `graph` with, for each of its numbers, `sentences`: file, line and text of every place that prints it.

    `numbers` is what the document prints (paper/numbers.json), `notes` maps exhibits to their notes as written in
    paper/exhibits.yaml, with numbers in braces.
    """
    places = _places(graph["nodes"], numbers, notes, root)
    added = {
        name: {**node, "sentences": places.get(node["name"], [])} if node["kind"] == "number" else node
        for name, node in graph["nodes"].items()
    }
    return {**graph, "nodes": added}


def _places(nodes: dict, numbers: dict, notes: dict[str, str], root: Path) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    kinds = {name: nodes[f"exhibit:{name}"]["exhibit"] for name in numbers["exhibits"]}
    called = {name: f"{kinds[name].title()} “{about['title']}”" for name, about in numbers["exhibits"].items()}
    for path in sorted((root / "paper").rglob("*.typ")):
        for name, line, text in sentences_of(path, numbers["numbers"], called):
            found.setdefault(name, []).append({"file": path.relative_to(root).as_posix(), "line": line, "text": text})
    for exhibit, about in numbers["exhibits"].items():
        for name in QUOTED.findall(notes[exhibit]):
            place = {"file": "paper/exhibits.yaml", "line": None, "text": f"Note of {exhibit}: {about['note']}"}
            found.setdefault(name, []).append(place)
    return found


def sentences_of(path: Path, texts: dict[str, str], exhibits: dict[str, str] | None = None) -> Iterator[tuple[str, int, str]]:
    """Yield (number, line, sentence) for every number that the Typst file at `path` prints.

    `texts` are the printed numbers; `exhibits` what an exhibit is called where it is a part of the sentence, as its subject.
    """
    line = 1
    for paragraph in re.split(r"(\n\s*\n)", path.read_text(encoding="utf-8")):
        for match in NUMBER.finditer(paragraph):
            sentence = next(part for part in END.split(_marked(paragraph, match)) if "\x00" in part)
            yield match[1], line + paragraph[: match.start()].count("\n"), _plain(sentence, texts, exhibits or {})
        line += paragraph.count("\n")


def _marked(paragraph: str, match: re.Match) -> str:
    return paragraph[: match.start()] + "\x00" + paragraph[match.start() :]


def _plain(sentence: str, texts: dict[str, str], exhibits: dict[str, str]) -> str:
    """Return the sentence as printed, without Typst's commands and references."""
    text = NAMED.sub(lambda match: _named(match, exhibits), sentence.replace("\x00", ""))
    text = NUMBER.sub(lambda match: texts.get(match[1], "n/a"), text)
    text = COMMAND.sub("", EMPTY.sub("", REFERENCE.sub("", LITERAL.sub(r"\1", text))))
    return " ".join(re.sub(r"[*_\\~\[\]]", "", text).split()).removeprefix("+ ").strip()


def _named(match: re.Match, exhibits: dict[str, str]) -> str:
    """Return what a reference is called where the sentence needs it; one in brackets stays, to be left out."""
    before = match.string[: match.start()]
    return match[0] if before.count("(") > before.count(")") else exhibits.get(match[1], match[0])
