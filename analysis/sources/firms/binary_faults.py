"""Errors in the binary workbooks of Excel: .xls ([MS-XLS] in the containers of [MS-CFB]) and .xlsb ([MS-XLSB]); in .xls formulas without a value too."""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

from analysis.sources.firms.grid import Places

CODES = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
CONTAINER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LAST = 0xFFFFFFFA  # numbers of sectors end here: above are marks
# Records of .xls: start and end of a part, a sheet of the workbook, a formula, an error or truth value.
BOF, EOF, SHEET, FORMULAS, BOOLERR = 0x0809, 0x000A, 0x0085, (0x0006, 0x0206, 0x0406), 0x0205
# What a stream must hold to have an error in it: most have none, and need not be gone through.
ANY = re.compile(rb"\x05\x02\x08\x00|\x02.[\x00\x07\x0f\x17\x1d\x24\x2a\x2b]...\xff\xff|\x03.{5}\xff\xff", re.DOTALL)
# The result of a formula that is a number is none that ends so; its first byte says what it is.
SPECIAL, IS_ERROR, IS_EMPTY = b"\xff\xff", 2, 3
# The empty text within a formula: its result may be no text (IF(A1="","",A1)).
EMPTY_TEXT = b"\x17\x00"
UNSAVED, CALCULATED = "=(formula)", "(calculated)"
# Records of .xlsb: a row, cells with an error, a sheet of the workbook.
ROW_HEAD, ERRORS, BUNDLE = 0, (3, 11), 156


def of_xls(data: bytes) -> dict[str, Places]:
    """Return the errors of each sheet, and its formulas where none of the workbook has a result; {} for what is no container, or not built as the format says."""
    try:
        stream = _stream(data)
        return _of_stream(stream) if ANY.search(stream) else {}
    except (struct.error, IndexError, UnicodeDecodeError):
        return {}


def _stream(data: bytes) -> bytes:
    """Return the stream of the workbook from its container, a small file system of sectors in chains."""
    if not data.startswith(CONTAINER):
        return b""
    size, small = 1 << struct.unpack_from("<H", data, 30)[0], 1 << struct.unpack_from("<H", data, 32)[0]
    folder, _, cutoff, first_small, _, more, _ = struct.unpack_from("<7I", data, 48)

    def sector(number: int) -> bytes:
        return data[(number + 1) * size : (number + 2) * size]

    tables = [one for one in struct.unpack_from("<109I", data, 76) if one < LAST]
    while more < LAST:
        *others, more = struct.unpack(f"<{size // 4}I", sector(more))
        tables += [one for one in others if one < LAST]
    following = _numbers(b"".join(map(sector, tables)))
    entries = _chained(folder, following, sector)
    found = {
        entries[at : at + max(entries[at + 64] - 2, 0)].decode("utf-16-le").casefold(): struct.unpack_from("<II", entries, at + 116)
        for at in range(0, len(entries) - 127, 128)
    }
    start, length = found.get("workbook") or found.get("book") or (LAST, 0)
    if length >= cutoff:
        return _chained(start, following, sector)[:length]
    inner = _chained(found.get("root entry", (LAST, 0))[0], following, sector)
    follows = _numbers(_chained(first_small, following, sector))
    return _chained(start, follows, lambda number: inner[number * small : (number + 1) * small])[:length]


def _numbers(table: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])


def _chained(start: int, following: tuple[int, ...], sector: Callable[[int], bytes]) -> bytes:
    parts = []
    while start < LAST and len(parts) <= len(following):
        parts.append(sector(start))
        start = following[start]
    return b"".join(parts)


def _of_stream(stream: bytes) -> dict[str, Places]:
    found: dict[str, Places] = {}
    for kind, body in _records(stream, 0):
        if kind == SHEET:
            wide = len(body) > 7 and body[7] < 2 and len(body) == 8 + body[6] * (1 + body[7])
            text = body[8:] if wide else body[7 : 7 + body[6]]
            title = text.decode("utf-16-le" if wide and body[7] else "latin-1")
            found[title] = _of_sheet(stream, struct.unpack_from("<I", body)[0])
    # A program that writes formulas without reckoning them leaves all of them empty.
    if any(said == CALCULATED for places in found.values() for said in places.values()):
        return {title: {at: said for at, said in places.items() if said.startswith("#")} for title, places in found.items()}
    return found


def _of_sheet(stream: bytes, start: int) -> Places:
    found: Places = {}
    for kind, body in _records(stream, start):
        if kind == BOOLERR and body[7]:
            said = CODES.get(body[6], "#N/A")
        elif kind in FORMULAS and body[12:14] == SPECIAL and body[6] == IS_ERROR:
            said = CODES.get(body[8], "#N/A")
        elif kind in FORMULAS and body[12:14] == SPECIAL and body[6] == IS_EMPTY:
            if EMPTY_TEXT in body[22:]:
                continue
            said = UNSAVED
        elif kind in FORMULAS:
            said = CALCULATED
        else:
            continue
        row, place = struct.unpack_from("<HH", body)
        found[row + 1, place] = said
    return found


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records of one part, without those of charts within it."""
    depth = 0
    while start + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, start)
        depth += (kind == BOF) - (kind == EOF)
        if depth <= 0:
            return
        if depth == 1:
            yield kind, stream[start + 4 : start + 4 + length]
        start += 4 + length


def of_xlsb(packed: zipfile.ZipFile) -> dict[str, Places]:
    """Return the errors of each sheet."""
    targets = {one.get("Id"): one.get("Target", "") for one in ElementTree.fromstring(packed.read("xl/_rels/workbook.bin.rels"))}
    found = {}
    for kind, body in _parts(packed.read("xl/workbook.bin")):
        if kind == BUNDLE:
            key, rest = _wide(body[8:])
            part = posixpath.normpath(posixpath.join("/xl", targets.get(key, ""))).lstrip("/")
            found[_wide(rest)[0]] = _of_part(packed.read(part)) if part in packed.namelist() else {}
    return found


def _of_part(data: bytes) -> Places:
    found: Places = {}
    row = 0
    for kind, body in _parts(data):
        if kind == ROW_HEAD:
            row = struct.unpack_from("<I", body)[0] + 1
        elif kind in ERRORS:
            found[row, struct.unpack_from("<I", body)[0]] = CODES.get(body[8], "#N/A")
    return found


def _wide(body: bytes) -> tuple[str, bytes]:
    end = 4 + 2 * struct.unpack_from("<I", body)[0]
    return body[4:end].decode("utf-16-le"), body[end:]


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the records: kind and length are numbers of seven bits a byte, of which the eighth says that another follows."""
    stream = io.BytesIO(data)
    while (kind := _number(stream, 2)) is not None and (length := _number(stream, 4)) is not None:
        yield kind, stream.read(length)


def _number(stream: io.BytesIO, most: int) -> int | None:
    value = 0
    for place in range(most):
        byte = stream.read(1)
        if not byte:
            return None
        value |= (byte[0] & 0x7F) << 7 * place
        if byte[0] < 0x80:
            break
    return value
