"""Bytes of a text file of unknown encoding → UTF-8 bytes with line feeds, and what was assumed."""

from __future__ import annotations

from analysis.core.errors import DataError, violation
from analysis.sources.firms.encodings import encoding_of, likely_cyrillic

MARKED = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
SAMPLE = 1 << 20
UNTOLD = "is in an encoding that its letters do not show: save the file as UTF-8 (in a spreadsheet: CSV UTF-8)"


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
    """Return the encoding of text that is no UTF-8; raises DataError for UTF-8 with corrupt bytes and for what cannot be told."""
    text = data.decode("utf-8", errors="replace")
    corrupt = text.count("\N{REPLACEMENT CHARACTER}")
    sound = sum(character > "\x7f" for character in text) - corrupt
    # The letters of these two bytes are in no common word: they are damage, not another encoding.
    if sound > corrupt or (corrupt <= 6 and (b"\xff" in data or b"\xfe" in data) and not likely_cyrillic(data)):
        row = text[: text.index("\N{REPLACEMENT CHARACTER}")].count("\n") + 1
        raise DataError(violation(name, "holds bytes that are not UTF-8 text: correct them, or save the file as UTF-8", row=row))
    encoding = encoding_of(data)
    if not encoding:
        row = text[: text.index("\N{REPLACEMENT CHARACTER}")].count("\n") + 1
        raise DataError(violation(name, UNTOLD, row=row))
    return encoding
