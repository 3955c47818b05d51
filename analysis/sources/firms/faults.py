"""Cells that hold no figure because a spreadsheet could not make one: errors (#DIV/0!), and formulas saved without their value.

The reader of workbooks returns both as blank, or as 0; their places are read from the sheets, in .xlsx from their XML (ECMA-376
Part 1, 18.3.1.4: an error has the type 'e', a formula its value in 'v').
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from html import unescape
from xml.etree import ElementTree

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.sources.firms.binary_faults import of_xls, of_xlsb
from analysis.sources.firms.grid import ERROR, ROW, Cells, Fault, Places, unreadable
from analysis.sources.firms.opendocument_faults import of_opendocument

FORMULA = r"^=[^\"]"
CELL = re.compile(rb"<(?:\w+:)?c\b(?P<about>[^>]*[^/])>(?P<held>.*?)</(?:\w+:)?c>", re.DOTALL)
VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>(?P<value>[^<]+)</")
WRITTEN = re.compile(rb"<(?:\w+:)?f\b[^>]*>(?P<formula>[^<]*)</")
PLACE = re.compile(rb'\br="(?P<column>[A-Z]+)(?P<row>\d+)"')
KIND = re.compile(rb'\bt="(?P<kind>\w+)"')


def faults_of(data: bytes) -> dict[str, Places]:
    """Return the errors of each sheet of a workbook, and of .xlsx and OpenDocument the formulas without a value."""
    if not data.startswith(b"PK"):
        return of_xls(data)
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if "xl/workbook.bin" in packed.namelist():
            return of_xlsb(packed)
        if "xl/workbook.xml" not in packed.namelist():
            return of_opendocument(packed) if "content.xml" in packed.namelist() else {}
        return {title: _faults(packed.read(part)) for title, part in parts_of_sheets(packed).items() if part in packed.namelist()}


def parts_of_sheets(packed: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of each sheet by its title."""
    targets = {one.get("Id"): one.get("Target", "") for one in ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels"))}
    found = {}
    for sheet in ElementTree.fromstring(packed.read("xl/workbook.xml")).iter():
        key = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), None)
        if sheet.tag.endswith("}sheet") and key in targets:
            found[sheet.get("name", "")] = posixpath.normpath(posixpath.join("/xl", targets[key])).lstrip("/")
    return found


def _faults(xml: bytes) -> Places:
    if b't="e"' not in xml and b"f>" not in xml:
        return {}
    found: Places = {}
    for cell in CELL.finditer(xml):
        kind, place = KIND.search(cell["about"]), PLACE.search(cell["about"])
        value, formula = VALUE.search(cell["held"]), WRITTEN.search(cell["held"])
        error = kind is not None and kind["kind"] == b"e"
        # A formula whose result is the empty text is one of type 'str'.
        empty = value is None and formula is not None and (kind is None or kind["kind"] == b"n")
        if place and (error or empty):
            said = (
                (value["value"].decode() if value else "#N/A")
                if error
                else "=" + (unescape(formula["formula"].decode()) if formula else "")
            )
            found[int(place["row"]), position(place["column"].decode())] = said
    return found


def position(letters: str) -> int:
    """Return the place, from 0, of a column that a sheet calls A, B … AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def noted(found: Cells, columns: dict[str, pa.Array | pa.ChunkedArray]) -> Cells:
    """Return the cells with errors and formulas blank; `found.faults` has them by column, each with its first place and how many.

    A column beside one with errors says in which records they stood: a sum takes a blank for zero, but no error.

    `columns` hold the cells as they are written, before what stands for no value was blanked.
    """
    rows = found.table[ROW]
    for name, cells in columns.items():
        for kind, pattern in (("error", ERROR), ("formula", FORMULA)):
            if kind == "error" and not pc.any(pc.match_substring_regex(cells, "#|Err:")).as_py():
                continue
            hit = pc.fill_null(pc.match_substring_regex(pc.utf8_trim_whitespace(cells), pattern), False)
            if pc.any(hit).as_py():
                at = pc.index(hit, True).as_py()
                found.faults.append(Fault(kind, int(rows.iloc[at]), name, cells[at].as_py().strip(), pc.sum(hit).as_py()))
                where = pd.Series(hit.to_pandas().to_numpy(bool), index=found.table.index)
                found.table[name] = found.table[name].mask(where)
                if kind == "error":
                    found.table[unreadable(name)] = where.where(where).astype("boolean")
    return found
