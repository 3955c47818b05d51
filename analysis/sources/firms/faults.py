"""Cells that hold no figure because a spreadsheet could not make one: errors (#DIV/0!), and formulas saved without their value.

The reader of workbooks returns both as blank; their places are read from the sheets' XML (ECMA-376 Part 1, 18.3.1.4: an error
has the type 'e', a formula its value in 'v').
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from xml.etree import ElementTree

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.sources.firms.grid import ROW, Cells, Fault

# English, German, French, Spanish, Italian, Portuguese and Dutch words; what Bloomberg and Datastream print begins alike.
ERROR = r"^(#[¡¿]?[A-ZÀ-Ý][A-ZÀ-Ý/ 0-9.]*[!?]|#N/?[ADV]\b.*|#GETTING_DATA)$"
FORMULA = r"^=[^\"]"
CELL = re.compile(rb"<(?:\w+:)?c\b(?P<about>[^>]*[^/])>(?P<held>.*?)</(?:\w+:)?c>", re.DOTALL)
VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>(?P<value>[^<]+)</")
WRITTEN = re.compile(rb"<(?:\w+:)?f\b[^>]*>(?P<formula>[^<]*)</")
PLACE = re.compile(rb'\br="(?P<column>[A-Z]+)(?P<row>\d+)"')
KIND = re.compile(rb'\bt="(?P<kind>\w+)"')

Places = dict[tuple[int, int], str]  # row from 1, column from 0: what stands there


def faults_of(data: bytes) -> dict[str, Places]:
    """Return the errors and the formulas without a value of each sheet of an .xlsx; {} for other kinds of workbook."""
    if not data.startswith(b"PK"):
        return {}
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if "xl/workbook.xml" not in packed.namelist():
            return {}
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
            said = (value["value"].decode() if value else "#N/A") if error else "=" + (formula["formula"].decode() if formula else "")
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

    `columns` hold the cells as they are written, before what stands for no value was blanked.
    """
    rows = found.table[ROW]
    for name, cells in columns.items():
        for kind, pattern in (("error", ERROR), ("formula", FORMULA)):
            if kind == "error" and not pc.any(pc.match_substring(cells, "#")).as_py():
                continue
            hit = pc.fill_null(pc.match_substring_regex(pc.utf8_trim_whitespace(cells), pattern), False)
            if pc.any(hit).as_py():
                at = pc.index(hit, True).as_py()
                found.faults.append(Fault(kind, int(rows.iloc[at]), name, cells[at].as_py().strip(), pc.sum(hit).as_py()))
                found.table[name] = found.table[name].mask(pd.Series(hit.to_pandas().to_numpy(bool), index=found.table.index))
    return found
