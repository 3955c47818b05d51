"""Bytes of a text file → UTF-8 bytes, and the encoding that they were in."""

from __future__ import annotations

import codecs
from pathlib import Path

from analysis.core.errors import DataError, violation

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
WINDOWS, LATIN = "cp1252", "latin-1"
LOOKED_AT = 4096  # bytes in which null bytes show UTF-16
BLOCK = 1 << 24


def decoded(data: bytes, asked: str, path: Path) -> tuple[bytes, str, str]:
    """Return the text as UTF-8 without byte-order mark, its encoding, and a note ('' where none is due).

    Raises DataError for text that is not in the encoding asked for, and for mostly-UTF-8 text with a few corrupt bytes.
    """
    mark = next((encoding for beginning, encoding in BOMS if data.startswith(beginning)), "")
    encoding = asked or mark or _wide(data) or "utf-8"
    try:
        if codecs.lookup(encoding).name == "utf-8":
            _check(data)
            text = data.removeprefix(codecs.BOM_UTF8)
        else:
            text = data.decode(encoding).removeprefix("\ufeff").encode()
    except (UnicodeError, LookupError) as error:
        if asked or encoding != "utf-8" or mark:
            raise DataError(violation(path, f"is not text in {encoding} ({error}); --encoding names another")) from error
        assert isinstance(error, UnicodeDecodeError)  # UTF-8 is checked byte by byte
        encoding, text = _eight_bits(data, error.start, path)
    if b"\x00" in text[: 1 << 20]:
        raise DataError(
            violation(path, "holds null bytes: it is no text file, or corrupt", row=text[: text.index(b"\x00")].count(b"\n") + 1)
        )
    note = ""
    if encoding in (WINDOWS, LATIN) and not asked:
        note = f"is not UTF-8; read as {'Windows-1252' if encoding == WINDOWS else 'Latin-1'} (--encoding names another, as gb18030)"
    return text, encoding, note


def _check(data: bytes) -> None:
    """Raise UnicodeDecodeError, with the place in `data`, unless it is UTF-8; by blocks, so that memory stays small."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data), BLOCK):
        block = data[start : start + BLOCK]
        pending = len(decoder.getstate()[0])
        if pending == 0 and block.isascii():
            continue
        try:
            decoder.decode(block, final=start + BLOCK >= len(data))
        except UnicodeDecodeError as error:
            raise UnicodeDecodeError("utf-8", b"", start - pending + error.start, start - pending + error.end, error.reason) from error


def _wide(data: bytes) -> str:
    """Return the UTF-16 that null bytes betray where no byte-order mark stands, or ''."""
    start = data[:LOOKED_AT]
    half = len(start) // 4
    if start[1::2].count(0) > half:
        return "utf-16-le"
    return "utf-16-be" if start[0::2].count(0) > half else ""


def _eight_bits(data: bytes, corrupt: int, path: Path) -> tuple[str, bytes]:
    """Return Windows-1252 or Latin-1 and the text, unless nearly all letters beyond ASCII are sound UTF-8."""
    text = data.decode("utf-8", errors="replace")
    wrong = text.count("\N{REPLACEMENT CHARACTER}")
    sound = len(text) - len(text.encode("ascii", "ignore")) - wrong
    if sound > 3 * wrong:
        rule = "holds bytes that are not UTF-8 in a file that else is; correct them, or name the encoding by --encoding"
        raise DataError(violation(path, rule, row=data[:corrupt].count(b"\n") + 1))
    for encoding in (WINDOWS, LATIN):
        try:
            return encoding, data.decode(encoding).encode()
        except UnicodeDecodeError:
            continue
    raise AssertionError("Latin-1 reads every byte")
