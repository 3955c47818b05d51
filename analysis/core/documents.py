"""The documents that the study writes, and which exhibits and numbers each of them prints, read from its text.

What a document shows is what its text cites, so that an exhibit is moved from one to another by moving a line of text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.core.catalogue import ROOT
from analysis.core.comparisons import caption, kind_of
from analysis.core.paths import exhibit_files, file_of

# Document → the texts of its volumes, which share their numbers. What no text cites belongs to the first.
TEXTS = {"paper": ("paper/paper.typ", "paper/supplement.typ"), "validation": ("paper/validation.typ",)}
STUDY, VALIDATION = TEXTS
# What stands before the number of an exhibit of a later volume.
LATER = "S"
# A text that is included, and whether only where firm files are simulated or only where they are not.
INCLUDED = re.compile(r'(?:#if (not )?is-simulated\("cohort_facts"\) \{ )?#?include "([\w/.]+\.typ)"( \})?')
SHOWN = re.compile(r'#show-(?:table|figure)\("(\w+)"\)')
PRINTED = re.compile(r'#?\b(?:n|when)\("(\w+)"')
QUOTED = re.compile(r"\{(\w+)\}")  # a number in the title or note of an exhibit
NAMED = re.compile(r'\b(?:given|is-simulated)\("(\w+)"')


@dataclass(frozen=True)
class Document:
    """One document: its name, whether firm files are simulated, its exhibits and numbers, the products whose absence its text
    speaks of, and which exhibits are figures.
    """

    name: str
    simulated: bool
    exhibits: tuple[str, ...]
    numbers: tuple[str, ...]
    products: tuple[str, ...]
    figures: frozenset[str]

    @property
    def volumes(self) -> dict[str, str]:
        """The text of each volume by its PDF."""
        return {text.removesuffix(".typ") + ".pdf": text for text in TEXTS[self.name]}

    @property
    def pdf(self) -> str:
        """The PDF of the first volume."""
        return next(iter(self.volumes))

    @property
    def numbers_file(self) -> str:
        """The file with the numbers of the text."""
        return "paper/numbers.json" if self.name == STUDY else f"paper/{self.name}_numbers.json"

    @property
    def inputs(self) -> dict[str, str]:
        """What the typesetter is told: the file of numbers, beside the text."""
        return {"numbers": Path(self.numbers_file).name}

    @property
    def numbers_name(self) -> str:
        return Path(self.numbers_file).stem

    @property
    def provenance_name(self) -> str:
        return "provenance" if self.name == STUDY else f"{self.name}_provenance"

    @property
    def provenance(self) -> str:
        """The file with where everything printed comes from."""
        return file_of("provenance", self.provenance_name)

    def captions(self, exhibits: dict[str, dict]) -> dict[str, dict]:
        """Return what is printed beside each exhibit (comparisons.caption), and as `place` its number, where the text shows it."""
        places = self.places()
        return {name: {**caption(exhibits[name]), **({"place": places[name]} if name in places else {})} for name in self.exhibits}

    def quoted(self, numbers: dict[str, dict], kinds: dict[str, str]) -> list[str]:
        """Return the products whose numbers the text prints, or of whose absence it speaks; `kinds` is the kind of each product."""
        names = {numbers[name]["from"] for name in self.numbers}
        return sorted(
            names
            | {
                name
                for name in self.products
                if kinds.get(name) in ("facts", "estimates") and not (self.simulated and self.name == STUDY and name == "cohort_facts")
            }
        )

    def texts(self, pdf: str) -> list[str]:
        """Return the files of the text of one volume, relative to the repository."""
        return [path.relative_to(ROOT).as_posix() for path in texts_of(ROOT / self.volumes[pdf], self.simulated)]

    def places(self) -> dict[str, str]:
        """Return exhibit → its number as printed, 'Table 3', 'Figure S1', in the order in which the volumes show them."""
        found: dict[str, str] = {}
        for volume, pdf in enumerate(self.volumes):
            words = "\n".join((ROOT / path).read_text(encoding="utf-8") for path in self.texts(pdf))
            for kind in ("figure", "table"):
                names = [name for name in SHOWN.findall(words) if (name in self.figures) == (kind == "figure")]
                found |= {name: f"{kind.title()} {LATER * bool(volume)}{number}" for number, name in enumerate(names, start=1)}
        return found

    def exhibit_files(self) -> list[str]:
        """Return every file of every exhibit."""
        kinds = {name: "figure" if name in self.figures else "table" for name in self.exhibits}
        return [path for name, kind in kinds.items() for path in exhibit_files(kind, name).values()]


def texts_of(text: Path, simulated: bool) -> list[Path]:
    """Return a document's text and what it includes, directly or not; `simulated` says whether the firm files are."""
    found = [text]
    for path in found:
        for never, name, conditional in INCLUDED.findall(path.read_text(encoding="utf-8")):
            if (not conditional or bool(never) != simulated) and path.parent / name not in found:
                found.append(path.parent / name)
    return found


def documents(exhibits: dict[str, dict], numbers: dict[str, dict], simulated: bool, root: Path = ROOT) -> dict[str, Document]:
    """Return every document by name. `exhibits` and `numbers` are those sections of the configuration.

    `simulated` says whether the firm files are: then they are in the validation, and otherwise in the study.

    A number that two documents print is in both. What no text prints belongs to the study, but for a number from a product
    whose numbers another document alone prints.
    """
    found, figures = {}, frozenset(name for name in exhibits if kind_of(exhibits, name) == "figure")
    for name, volumes in TEXTS.items():
        words = "\n".join(part.read_text(encoding="utf-8") for path in volumes for part in texts_of(root / path, simulated))
        shown = tuple(exhibit for exhibit in exhibits if exhibit in SHOWN.findall(words))
        said = {*PRINTED.findall(words), *(number for exhibit in shown for number in QUOTED.findall(str(exhibits[exhibit])))}
        found[name] = Document(
            name, simulated, shown, tuple(n for n in numbers if n in said), tuple(sorted(set(NAMED.findall(words)))), figures
        )
    own, others = found[STUDY], [document for name, document in found.items() if name != STUDY]
    theirs = {exhibit for document in others for exhibit in document.exhibits}
    sources = {numbers[n]["from"] for document in others for n in document.numbers} - {numbers[n]["from"] for n in own.numbers}
    found[STUDY] = Document(
        STUDY,
        simulated,
        tuple(e for e in exhibits if e in own.exhibits or e not in theirs),
        tuple(n for n in numbers if n in own.numbers or numbers[n]["from"] not in sources),
        own.products,
        figures,
    )
    for document in others:
        more = tuple(n for n in numbers if n in document.numbers or numbers[n]["from"] in sources)
        found[document.name] = replace(document, numbers=more)
    return found
