"""Whether two pictures or documents show the same: pixels of a PNG, and what the objects of a PDF say.

Another processor moves a coordinate in its ninth digit: no pixel changes by more than a shade, no line of a PDF by a visible
distance, and no word at all.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator

import numpy as np

OBJECT = re.compile(rb"(\d+) \d+ obj\b(.*?)\bendobj", re.DOTALL)
TRAILER = re.compile(rb"\btrailer\b(.*?)\bstartxref\b", re.DOTALL)
STREAM = re.compile(rb"(.*?)\bstream\r?\n(.*)\r?\nendstream", re.DOTALL)
# Identifiers made from the bytes of the whole, and lengths of what is packed: they differ wherever anything does.
IDENTITY = re.compile(rb"/Length \d+(?: \d+ R)?|/ID ?\[[^\]]*\]|<xmpMM:(?:Document|Instance)ID>[^<]*")
# A string, whose every character counts, or a number, which may move a little.
STRING = re.compile(rb"(\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f\s]*>)", re.DOTALL)
NUMBER = re.compile(rb"(?<![\w#/.])-?(?:\d+\.?\d*|\.\d+)(?![\w.])")


def pixels(first: bytes, second: bytes, shades: int) -> str:
    """Return where the PNGs `first` and `second` differ by more than `shades` of 255 in a colour ('columns 3-9, rows 1-2 of 600 x 400'), or ''."""
    from PIL import Image  # here, because only a picture that differs needs it

    try:
        before, after = (np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"), dtype=int) for content in (first, second))
    except (OSError, ValueError, SyntaxError) as error:
        return f"unreadable ({type(error).__name__})"
    if before.shape != after.shape:
        return f"size {after.shape[1]} x {after.shape[0]} for {before.shape[1]} x {before.shape[0]}"
    rows, columns = np.nonzero((abs(before - after) > shades).any(axis=2))
    if not len(rows):
        return ""
    return f"columns {columns.min()}-{columns.max()}, rows {rows.min()}-{rows.max()} of {before.shape[1]} x {before.shape[0]}"


def objects(first: bytes, second: bytes, points: float) -> str:
    """Return the first object of two PDFs that shows something else ('object 12'), or ''; coordinates may differ by `points`."""
    before, after = (list(_objects(content)) for content in (first, second))
    if not all(b"%%EOF" in content[-1024:] for content in (first, second)):
        return "no whole PDF"
    if [number for number, _ in before] != [number for number, _ in after]:
        return f"{len(after)} objects for {len(before)}"
    return next((f"object {number}" for (number, old), (_, new) in zip(before, after, strict=True) if not _same(old, new, points)), "")


def _objects(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and unpacked content of each object, and last, as number 0, the trailer; a number alone is the length of another."""
    for number, inner in OBJECT.findall(content):
        if inner.strip().isdigit():
            continue
        packed = STREAM.match(inner)
        if packed and b"/FlateDecode" in packed[1]:
            try:
                inner = packed[1] + zlib.decompress(packed[2])
            except zlib.error:
                inner = packed[1] + b"unreadable"
        yield int(number), IDENTITY.sub(b"", inner)
    trailer = TRAILER.search(content)
    yield 0, IDENTITY.sub(b"", trailer[1] if trailer else b"")


def _same(old: bytes, new: bytes, points: float) -> bool:
    if old == new:
        return True
    before, after = STRING.split(old), STRING.split(new)
    if before[1::2] != after[1::2]:
        return False
    return all(_near(one, other, points) for one, other in zip(before[::2], after[::2], strict=True))


def _near(old: bytes, new: bytes, points: float) -> bool:
    if NUMBER.split(old) != NUMBER.split(new):
        return False
    pairs = zip(NUMBER.findall(old), NUMBER.findall(new), strict=True)
    return all(abs(float(one) - float(other)) <= points for one, other in pairs)
