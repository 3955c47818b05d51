"""What an .xlsx says in no cell of a sheet: comments on cells, and what is printed above and below each page (ECMA-376 Part 1, 18.7 and 18.3.1.46)."""

from __future__ import annotations

import posixpath
import re
import zipfile
from io import BytesIO
from xml.etree import ElementTree

from analysis.sources.firms.faults import parts_of_sheets, position

PRINTED = re.compile(rb"<(?:\w+:)?(?:odd|even|first)(?:Header|Footer)[^>]*>([^<]*)</")
# Codes of fonts, sizes, places and numbers of pages in what is printed.
CODES = re.compile(r'&"[^"]*"|&K[0-9A-F]{6}|&\d+|&[A-Za-z]')
PLACE = re.compile(r"([A-Z]+)(\d+)")

Margins = list[tuple[int | None, int | None, str]]  # row from 1 and column from 0 of a comment, None of what is printed; the text


def margins_of(data: bytes) -> dict[str, Margins]:
    """Return the comments and printed lines of each sheet; {} for other kinds of workbook."""
    if not data.startswith(b"PK"):
        return {}
    with zipfile.ZipFile(BytesIO(data)) as packed:
        names = set(packed.namelist())
        if "xl/workbook.xml" not in names:
            return {}
        return {
            title: [*_comments(packed, part, names), *_printed(packed.read(part))]
            for title, part in parts_of_sheets(packed).items()
            if part in names
        }


def _comments(packed: zipfile.ZipFile, part: str, names: set[str]) -> Margins:
    folder, name = posixpath.split(part)
    links = f"{folder}/_rels/{name}.rels"
    if links not in names:
        return []
    targets = [one.get("Target", "") for one in ElementTree.fromstring(packed.read(links)) if "omment" in one.get("Type", "")]
    parts = [posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/") for target in targets]
    found: Margins = []
    for one in (one for path in parts if path in names for one in ElementTree.fromstring(packed.read(path)).iter()):
        place = PLACE.fullmatch(one.get("ref", ""))
        if place and one.tag.endswith(("}comment", "}threadedComment")):
            found.append((int(place[2]), position(place[1]), " ".join("".join(one.itertext()).split())))
    return found


def _printed(xml: bytes) -> Margins:
    start = xml.find(b"headerFooter")
    texts = [ElementTree.fromstring(b"<a>" + said + b"</a>").text or "" for said in PRINTED.findall(xml, start)] if start >= 0 else []
    return [(None, None, text) for text in dict.fromkeys(" ".join(CODES.sub(" ", text).split()) for text in texts) if text]
