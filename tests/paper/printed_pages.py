"""What a reader sees on each page of a PDF: the size of its type, its largest blank band and its last line."""

from __future__ import annotations

import ctypes
import math
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

POINTS = 72 / 2.54  # of a centimetre
MARGIN = 2.4 * POINTS  # above and below the text; the number of the page stands in it
DARK = 200  # of 255, below which a pixel counts as ink


@dataclass(frozen=True)
class Line:
    """A line of text: its words, and the size of its largest letter in points as printed."""

    words: str
    size: float


@dataclass(frozen=True)
class Page:
    """A page: letters by their size in points as printed, the largest blank band as a share of its height of text, its last line."""

    number: int
    sizes: dict[float, str]
    blank: float
    last: Line


def pages_of(path: Path) -> list[Page]:
    """Return the pages of the PDF at `path`."""
    with pypdfium2.PdfDocument(path) as document:
        return [_page(number, page) for number, page in enumerate(document, start=1)]


def _page(number: int, page: pypdfium2.PdfPage) -> Page:
    letters = _letters(page.get_textpage())
    sizes: dict[float, str] = {}
    for letter, size, _ in letters:
        # Indices of formulas in the text are smaller than what they belong to, as readers expect.
        if not unicodedata.name(letter, "").startswith("MATHEMATICAL"):
            sizes[size] = sizes.get(size, "") + letter
    return Page(number, sizes, _blank(page), _last_line(letters))


def _letters(text: pypdfium2.PdfTextPage) -> list[tuple[str, float, float]]:
    """Return every visible letter with its size as printed, whatever scales a picture that it is in, and the height of its foot."""
    matrix, found = pdfium.FS_MATRIX(), []
    for i in range(text.count_chars()):
        letter = chr(pdfium.FPDFText_GetUnicode(text, i))
        if letter.isspace() or not letter.isprintable():
            continue
        pdfium.FPDFText_GetMatrix(text, i, ctypes.byref(matrix))
        size = pdfium.FPDFText_GetFontSize(text, i) * math.hypot(matrix.c, matrix.d)
        found.append((letter, round(size, 2), text.get_charbox(i, loose=True)[1]))
    return found


def _last_line(letters: list[tuple[str, float, float]]) -> Line:
    body = [one for one in letters if one[2] > MARGIN - 6]
    if not body:
        return Line("", 0)
    lowest = min(foot for _, _, foot in body)
    line = [(letter, size) for letter, size, foot in body if foot < lowest + 4]
    return Line("".join(letter for letter, _ in line), max(size for _, size in line))


def _blank(page: pypdfium2.PdfPage) -> float:
    """Return the longest run of blank rows between the margins as a share of the height there."""
    scale = 0.5
    picture = page.render(scale=scale, grayscale=True).to_numpy().reshape(round(page.get_height() * scale), -1)
    inside = picture[round(MARGIN * scale) : len(picture) - round(MARGIN * scale)]
    inked = np.flatnonzero((inside < DARK).any(axis=1))
    edges = np.concatenate([[-1], inked, [len(inside)]])
    return float((np.diff(edges).max() - 1) / len(inside))
