"""Results that bear no hash in the provenance, made again from what the last run left, and compared byte for byte.

The provenance has a hash of each figure in all forms and of each table as CSV and JSON. What prints from these (TeX, HTML,
numbers, paper, dossier, codebook) is quick to make again, and any byte changed by hand differs from it.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.core.blinding import blind_seed
from analysis.core.catalogue import ROOT, modules
from analysis.core.comparisons import kind_of
from analysis.core.config import products
from analysis.core.documents import STUDY, Document
from analysis.core.paths import FORMS, exhibit_files, file_of, product_files
from analysis.exhibits.codebook import codebook
from analysis.exhibits.display import Table, save_table
from analysis.exhibits.quotation import quote
from analysis.exhibits.typesetting import typeset
from analysis.provenance.dossier.page import dossier
from analysis.review.deposit.checks import Deposit
from bootstrap import REPEATABLE


class Printed(Table):
    """A table as its JSON holds it: cells are text already; a column set right is one of numbers."""

    def printed(self) -> pd.DataFrame:
        return self.data


def results_regenerated(deposit: Deposit) -> Iterator[str]:
    """TeX and HTML of tables, numbers, paper, dossier and codebook are what the results of the last run make."""
    with tempfile.TemporaryDirectory(prefix="regenerated-") as folder, _as_in_a_job():
        made = Path(folder)
        for path, make in _makers(deposit.study, deposit.out):
            try:
                make(made / Path(path).name)
            except (OSError, LookupError, ValueError) as error:
                yield f"{path}: cannot be made again ({' '.join(str(error).split())[:200]}): run `make` first"
                continue
            if (deposit.out / path).exists() and (made / Path(path).name).read_bytes() != (deposit.out / path).read_bytes():
                yield f"{path}: is not what the last run makes: run `make` first"


@contextlib.contextmanager
def _as_in_a_job() -> Iterator[None]:
    for name, value in REPEATABLE.items():
        os.environ.setdefault(name, value)  # the date in a PDF
    with contextlib.chdir(ROOT):  # the codebook prints paths
        yield


def _makers(study: dict, out: Path) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Yield each result with the function that makes it into a path."""
    for name in sorted(n for n in study["exhibits"] if kind_of(study["exhibits"], n) == "table"):
        for form in ("tex", "html"):
            files = exhibit_files("table", name)
            yield files[form], partial(form_of, out / files["json"], form)
    for document in study["documents"].values():
        yield document.numbers_file, partial(_quote, study, document)
        for pdf in document.volumes:
            yield pdf, partial(typeset, document, pdf)
    paper = study["documents"][STUDY]
    order = {"exhibits": list(paper.exhibits), "curves": list(study["specification_curves"])}
    notes = {name: study["exhibits"][name]["note"] for name in paper.exhibits}
    yield "paper/dossier.html", lambda path: dossier(paper.provenance, paper.numbers_file, study["title"], notes, order, str(path))
    tables = {name: file_of(kind, name) for kind in ("source", "panel") for name in sorted(modules(kind))}
    yield "paper/codebook.md", lambda path: codebook(tables, {name: study["contracts"][name] for name in tables}, str(path))


def form_of(content: Path, form: str, path: Path) -> None:
    """Write the table that `content` (JSON) holds as `form` (tex, html) to `path`."""
    held = json.loads(content.read_text(encoding="utf-8"))
    printed = pd.DataFrame(np.array(held["rows"], dtype=object).reshape(-1, len(held["columns"])), columns=held["columns"])
    frame = pd.DataFrame({c: [0.0 if side == "right" else "a"] * len(printed) for c, side in zip(printed, held["align"], strict=True)})
    with tempfile.TemporaryDirectory(prefix="forms-") as folder:
        paths = {name: f"{folder}/table.{name}" for name in FORMS["table"]}
        save_table(Printed(frame, data=printed), paths, held["evidence"])
        path.write_bytes(Path(paths[form]).read_bytes())


def _quote(study: dict, document: Document, path: Path) -> None:
    kinds = products(study)
    numbers = {name: study["numbers"][name] for name in document.numbers}
    quoted = document.quoted(study["numbers"], kinds)
    estimates = {name: list(product_files(study, "estimates", name)) for name in quoted if kinds[name] == "estimates"}
    facts = {name: str(product_files(study, "facts", name)) for name in quoted if kinds[name] == "facts"}
    quote(
        numbers,
        document.captions(study["exhibits"]),
        estimates,
        facts,
        str(path),
        blind_seed(),
        ["cohort_facts"] if study["simulated_firms"] else [],
    )
