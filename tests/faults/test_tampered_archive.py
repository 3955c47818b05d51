"""Archived results tampered in many ways: `verify` finds each and says where."""

import base64
import gzip
import os
import random
import re
import shutil
import zlib

import pytest

from analysis.core.catalogue import ROOT
from analysis.review.verification.compare import DRIFTED, EXTRA, IDENTICAL, MISSING, PACKED, REDRAWN, WITHIN, compare
from tests.study import STUDY

RULES = STUDY["verification"]
TIMES = int(os.environ.get("IPS_FAULT_TAMPERS", "30"))
PART = "Archived results tampered"
PATTERNS = {
    "table": RULES["tables"],
    "numbers": RULES["numbers"],
    "text": [*RULES["texts"], *RULES["overviews"]],
    "dossier": [RULES["page"]],
    "picture": ["figures/*.png"],
    "document": ["figures/*.pdf", "paper/*.pdf"],
}


def other_digit(content, dice):
    """Change a digit of a number, among the leading ones that print shows; of a name as good as any."""
    places = [match.start() for match in re.finditer(rb"(?<=[\d.,\s>\"])[1-9](?=[\d.])", content)] or [
        m.start() for m in re.finditer(rb"\d", content)
    ]
    place = dice.choice(places)
    return content[:place] + str((int(content[place : place + 1]) + dice.randrange(1, 9)) % 10).encode() + content[place + 1 :]


def other_word(content, dice):
    place = dice.choice([match.start() for match in re.finditer(rb"[a-z]{4}", content)])
    return content[:place] + content[place : place + 2].upper() + content[place + 2 :]


def line_lost(content, dice):
    lines = content.splitlines(keepends=True)
    lines.pop(dice.randrange(len(lines)))
    return b"".join(lines)


def lines_swapped(content, dice):
    lines = content.splitlines(keepends=True)
    one, other = dice.sample(range(len(lines)), 2) if len(lines) > 1 else (0, 0)
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def sign_turned(content, dice):
    places = [match.start() for match in re.finditer(rb"(?<=[,\s])(?=\d+\.\d)", content)]
    if not places:
        return other_digit(content, dice)
    place = dice.choice(places)
    return content[:place] + b"-" + content[place:]


def number_of_page(content, dice):
    """Change a value that the dossier holds, and pack it again."""
    text = content.decode()
    held = gzip.decompress(base64.b64decode(PACKED.search(text)[1]))
    packed = base64.b64encode(gzip.compress(other_digit(held, dice), mtime=0)).decode()
    return PACKED.sub(lambda found: found[0].replace(found[1], packed), text).encode()


def painted(content, dice):
    import io

    import numpy as np
    from PIL import Image

    pixels = np.array(Image.open(io.BytesIO(content)).convert("RGB"))
    row, column = dice.randrange(pixels.shape[0] - 4), dice.randrange(pixels.shape[1] - 4)
    pixels[row : row + 4, column : column + 4] = 255 - pixels[row : row + 4, column : column + 4]
    changed = io.BytesIO()
    Image.fromarray(pixels).save(changed, format="PNG")
    return changed.getvalue()


def redrawn(content, dice):
    """Change the first digit of a coordinate, width or distance in one packed stream of a PDF."""
    streams = list(re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL))
    for match in dice.sample(streams, len(streams)):
        try:
            inner = zlib.decompress(match[1])
        except zlib.error:
            continue
        if places := [found.start() for found in re.finditer(rb"(?<=[\s\[])[1-9]\d+(?=[\s.])", inner)]:
            place = dice.choice(places)
            inner = inner[:place] + (b"8" if inner[place : place + 1] != b"8" else b"3") + inner[place + 1 :]
            return content[: match.start(1)] + zlib.compress(inner) + content[match.end(1) :]
    return content[:-20]


def cut(content, dice):
    return content[: dice.randrange(1, len(content) - 7)]


WAYS = {
    "table": (other_digit, other_word, line_lost, lines_swapped, sign_turned, cut),
    "numbers": (other_digit, other_word),
    "text": (other_digit, other_word, line_lost, cut),
    "dossier": (number_of_page, other_word, cut),
    "picture": (painted, cut),
    "document": (redrawn, cut),
}


def archived(kind):
    return sorted(path for pattern in PATTERNS[kind] for path in ROOT.glob(pattern))


def tampered(kind, way, path, dice, tmp_path):
    """Return what `verify` says of one archived file, tampered; beside a text stands the table behind it, untouched."""
    folders = tmp_path / "archived", tmp_path / "rerun"
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        for each in {path, path.with_suffix(".csv")} if kind == "text" and path.with_suffix(".csv").exists() else {path}:
            target = folder / each.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(each, target)
    name = path.relative_to(ROOT).as_posix()
    (folders[0] / name).write_bytes(way(path.read_bytes(), dice))
    return {result.path: result for result in compare(*folders, RULES)}[name], folders


@pytest.mark.parametrize("kind", WAYS)
def test_verify_finds_and_places_what_was_tampered(tmp_path, record, kind):
    dice, found, tried = random.Random(kind), 0, 0
    files = archived(kind)
    while tried < max(TIMES // len(WAYS), len(WAYS[kind])):
        path, way = dice.choice(files), WAYS[kind][tried % len(WAYS[kind])]
        result, _ = tampered(kind, way, path, dice, tmp_path)
        if result.status == IDENTICAL:
            continue  # two equal lines swapped
        tried += 1
        assert result.status == DRIFTED or (result.status == WITHIN and result.differences), (path, way.__name__, result.status)
        assert result.differences and result.differences[0].place, (path, way.__name__)
        found += 1
    record(PART, f"{kind}: {', '.join(way.__name__.replace('_', ' ') for way in WAYS[kind])}", tried, refused=found)


def test_files_lost_and_added(tmp_path, record):
    table = archived("table")[0]
    _, (before, after) = tampered("table", lambda content, dice: content, table, random.Random(1), tmp_path)
    name = table.relative_to(ROOT)
    (after / name).unlink()
    assert [result.status for result in compare(before, after, RULES)] == [MISSING]
    assert [result.status for result in compare(after, before, RULES)] == [EXTRA]
    record(PART, "a file lost, a file added", 2, refused=2)


def test_a_document_that_shows_the_same_is_listed(tmp_path, record):
    picture = archived("picture")[0]
    result, _ = tampered("picture", lambda content, dice: content + b"\n", picture, random.Random(1), tmp_path)
    assert result.status == REDRAWN
    record(PART, "bytes of a picture that shows the same (listed, and refused with --bytes)", 1, same=1)
