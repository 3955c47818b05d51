"""Errors, and formulas without a value, in sheets of OpenDocument (ODF 1.3, part 3, 19.385: office:value-type of a cell).

Beside the text of an error stands the number 0, or a text, which the reader of workbooks returns as the cell.
"""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree

from analysis.sources.firms.grid import ERROR, Places

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
# Beyond so many times a repeated cell fills a sheet, not a table.
MOST = 100_000


def of_opendocument(packed: zipfile.ZipFile) -> dict[str, Places]:
    """Return the errors and the formulas without a value of each sheet."""
    xml = packed.read("content.xml")
    if not re.search(rb">\s*(?:#|Err:)|:formula=", xml):
        return {}
    found: dict[str, Places] = {}
    title, row = "", 1
    for event, part in ElementTree.iterparse(io.BytesIO(xml), ("start", "end")):
        if event == "start" and part.tag == f"{TABLE}table":
            title, row = part.get(f"{TABLE}name", ""), 1
            found[title] = {}
        elif event == "end" and part.tag == f"{TABLE}table-row":
            times = int(part.get(f"{TABLE}number-rows-repeated", "1"))
            faults = _of_row(part)
            if faults:
                found[title] |= {(row + i, place): said for i in range(min(times, MOST)) for place, said in faults.items()}
            row += times
            part.clear()
    return found


def _of_row(row: ElementTree.Element) -> dict[int, str]:
    found, place = {}, 0
    for cell in (one for one in row if one.tag in CELLS):
        times = int(cell.get(f"{TABLE}number-columns-repeated", "1"))
        if said := _fault(cell):
            found |= {place + i: said for i in range(min(times, MOST))}
        place += times
    return found


def _fault(cell: ElementTree.Element) -> str:
    """Return the error that a cell shows, '=' and the formula of one without a value, or ''."""
    shown = "".join("".join(line.itertext()) for line in cell.findall(f"{TEXT}p")).strip()
    kind, formula = cell.get(f"{OFFICE}value-type"), cell.get(f"{TABLE}formula")
    if cell.get(f"{CALC}value-type") == "error" or re.match(ERROR, shown):
        return shown if re.match(ERROR, shown) else "#N/A"
    valued = shown or any(name.startswith(OFFICE) and "value" in name and not name.endswith("value-type") for name in cell.attrib)
    return "=" + formula.partition("=")[2] if formula and not valued and kind != "string" else ""
