"""Bytes of a text file of unknown encoding → UTF-8 bytes with line feeds, and what was assumed."""

from __future__ import annotations

import re

from analysis.core.errors import DataError, violation

MARKED = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
HIGH = re.compile(rb"[\x80-\xff]+")
# Share of bytes beyond ASCII that stand in pairs: two bytes make a Chinese character, one a letter with an accent.
PAIRED = 0.6
SAMPLE = 1 << 20


def as_utf8(data: bytes, name: str) -> tuple[bytes, str]:
    """Return the text as UTF-8 and the encoding it was taken for where the file does not say ('' for UTF-8).

    Raises DataError, with the row, for UTF-8 with a few corrupt bytes and for what is no text.
    """
    if not data:
        raise DataError(violation(name, "is empty"))
    assumed = ""
    encoding = next((known for mark, known in MARKED.items() if data.startswith(mark)), "") or _wide(data)
    try:
        text = data.decode(encoding or "utf-8").encode()
    except UnicodeDecodeError as error:
        if encoding:
            raise DataError(violation(name, f"is not text in {encoding}, although it begins like it")) from error
        assumed = _eight_bits(data, name)
        text = data.decode(assumed).encode()
    if b"\x00" in text[:SAMPLE]:
        row = text[: text.index(b"\x00")].count(b"\n") + 1
        raise DataError(violation(name, "holds null bytes: no text, or corrupt", row=row))
    if not text.strip():
        raise DataError(violation(name, "is empty"))
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text, assumed


def _wide(data: bytes) -> str:
    """Return the UTF-16 that null bytes betray where no byte-order mark stands, or ''."""
    start = data[:4096]
    if start[1::2].count(0) > len(start) // 4:
        return "utf-16-le"
    return "utf-16-be" if start[0::2].count(0) > len(start) // 4 else ""


def _eight_bits(data: bytes, name: str) -> str:
    """Return gb18030 where bytes beyond ASCII come in pairs, else Windows-1252 or Latin-1."""
    text = data.decode("utf-8", errors="replace")
    corrupt = text.count("\N{REPLACEMENT CHARACTER}")
    sound = sum(character > "\x7f" for character in text) - corrupt
    # The letters of these two bytes are in no common word: they are damage, not another encoding.
    if sound > corrupt or (corrupt <= 6 and (b"\xff" in data or b"\xfe" in data)):
        row = text[: text.index("\N{REPLACEMENT CHARACTER}")].count("\n") + 1
        raise DataError(violation(name, "holds bytes that are not UTF-8 text", row=row))
    runs = HIGH.findall(data[:SAMPLE])
    paired = sum(len(run) for run in runs if len(run) > 1)
    order = ("gb18030", "cp1252", "latin-1") if paired >= PAIRED * sum(map(len, runs)) else ("cp1252", "latin-1")
    for encoding in order:
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise AssertionError("Latin-1 reads every byte")
