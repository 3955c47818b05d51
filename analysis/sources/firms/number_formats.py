"""Units of money that a workbook prints behind its figures by their number format: 0.0"万元" (ECMA-376 Part 1, 18.8.31)."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from xml.etree import ElementTree

from analysis.sources.firms.faults import parts_of_sheets, position
from analysis.sources.firms.unit_words import units_said

# What stands in quotation marks is printed as it is.
PRINTED = re.compile(r'"([^"]+)"')
# A comma behind the last digit prints thousands of what the cell holds.
SCALED = re.compile(r"[0#?](,+)(?![0#?,])")
STYLED = re.compile(rb'<(?:\w+:)?c\b(?=[^>]*\br="([A-Z]+)(\d+)")(?=[^>]*\bs="(\d+)")[^>]*[^/]>')
# Two letters and more may stand alone in a line; behind a figure one does.
LETTERS = {"k": 1e-3, "m": 1.0}

Formats = dict[int, tuple[int, str, float]]  # column from 0: the first row, the format, the factor to million


def formats_of(data: bytes) -> dict[str, Formats]:
    """Return, by sheet, the columns of an .xlsx whose number format prints a unit of money; {} for other kinds of workbook."""
    if not data.startswith(b"PK"):
        return {}
    with zipfile.ZipFile(BytesIO(data)) as packed:
        if not {"xl/workbook.xml", "xl/styles.xml"} <= set(packed.namelist()):
            return {}
        styles = _styles(packed.read("xl/styles.xml"))
        if not styles:
            return {}
        return {title: _columns(packed.read(part), styles) for title, part in parts_of_sheets(packed).items() if part in packed.namelist()}


def _styles(xml: bytes) -> dict[int, tuple[str, float]]:
    """Return the styles of cells, by number, whose format prints a unit."""
    root = ElementTree.fromstring(xml)
    codes = {one.get("numFmtId"): one.get("formatCode", "") for one in root.iter() if one.tag.endswith("}numFmt")}
    cells = next((one for one in root if one.tag.endswith("}cellXfs")), [])
    said = {key: (code, factor) for key, code in codes.items() if (factor := factor_of(code)) is not None}
    return {number: said[style.get("numFmtId")] for number, style in enumerate(cells) if style.get("numFmtId") in said}


def factor_of(code: str) -> float | None:
    """Return the factor to million of what a cell holds whose format prints a unit, or None where it prints none."""
    scaled = SCALED.search(code)
    for text in PRINTED.findall(code):
        units = [scale for scale, _ in units_said(text) if scale is not None]
        if factor := units[0] if units else LETTERS.get(text.strip().lower()):
            return factor * 1e-3 ** len(scaled[1]) if scaled else factor
    return None


def _columns(xml: bytes, styles: dict[int, tuple[str, float]]) -> Formats:
    found: Formats = {}
    for column, row, style in STYLED.findall(xml):
        if int(style) in styles:
            found.setdefault(position(column.decode()), (int(row), *styles[int(style)]))
    return found
