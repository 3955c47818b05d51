"""Typst text → PDF, with the fonts that the compiler brings, so that the bytes are the same everywhere."""

from __future__ import annotations

from pathlib import Path

import typst

from analysis.core.atomic import atomic
from analysis.core.documents import Document
from analysis.core.errors import DataError
from analysis.core.rawfiles import ROOT


def typeset(document: Document, pdf: str, path: str | Path) -> None:
    """Compile the volume `pdf` of a document into `path`; a missing number or exhibit is an error."""
    try:
        paper = typst.compile(str(ROOT / document.volumes[pdf]), root=str(ROOT), ignore_system_fonts=True, sys_inputs=document.inputs)
    except typst.TypstError as error:
        raise DataError(str(error.diagnostic or error)) from error  # the diagnostic names file, line and column
    with atomic(path) as temporary:
        temporary.write_bytes(paper)
