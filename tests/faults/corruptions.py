"""Ways in which a CSV file goes wrong between its source and its reader; each takes its bytes and returns others."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable

Rows = list[list[str]]


def _edited(content: bytes, change: Callable[[Rows], object]) -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    change(rows)
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _cell(rows: Rows, dice: random.Random, wanted: Callable[[str], bool]) -> tuple[int, int]:
    """Return the place of a random cell below the header that is `wanted`, or of any where none of fifty is."""
    for _ in range(50):
        row, column = dice.randrange(1, len(rows)), dice.randrange(len(rows[0]))
        if wanted(rows[row][column]):
            return row, column
    return row, column


def _number(text: str) -> bool:
    try:
        return float(text) != 0
    except ValueError:
        return False


def _put(change: Callable[[str, random.Random], str], wanted: Callable[[str], bool] = bool) -> Callable[[bytes, random.Random], bytes]:
    def corruption(content: bytes, dice: random.Random) -> bytes:
        def edit(rows: Rows) -> None:
            row, column = _cell(rows, dice, wanted)
            rows[row][column] = change(rows[row][column], dice)

        return _edited(content, edit)

    return corruption


def bit_flipped(content: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << dice.randrange(8)]) + content[place + 1 :]


def cut_short(content: bytes, dice: random.Random) -> bytes:
    return content[: dice.randrange(len(content))]


def names_of_columns_swapped(content: bytes, dice: random.Random) -> bytes:
    def change(rows: Rows) -> None:
        one, other = dice.sample(range(len(rows[0])), 2)
        rows[0][one], rows[0][other] = rows[0][other], rows[0][one]

    return _edited(content, change)


def columns_moved(content: bytes, dice: random.Random) -> bytes:
    """Columns in another order, each with its name: no error."""

    def change(rows: Rows) -> None:
        order = dice.sample(range(len(rows[0])), len(rows[0]))
        rows[:] = [[row[place] for place in order] for row in rows]

    return _edited(content, change)


def column_times_1000(content: bytes, dice: random.Random) -> bytes:
    def change(rows: Rows) -> None:
        _, column = _cell(rows, dice, _number)
        for row in rows[1:]:
            row[column] = f"{float(row[column]) * 1000:.10g}" if _number(row[column]) else row[column]

    return _edited(content, change)


def row_repeated(content: bytes, dice: random.Random) -> bytes:
    return _edited(content, lambda rows: rows.insert(dice.randrange(1, len(rows)), list(dice.choice(rows[1:]))))


def row_lost(content: bytes, dice: random.Random) -> bytes:
    return _edited(content, lambda rows: rows.pop(dice.randrange(1, len(rows))))


def rows_in_another_order(content: bytes, dice: random.Random) -> bytes:
    def change(rows: Rows) -> None:
        rows[1:] = dice.sample(rows[1:], len(rows) - 1)

    return _edited(content, change)


def nul_byte(content: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(content))
    return content[:place] + b"\0" + content[place:]


def other_encoding(content: bytes, dice: random.Random) -> bytes:
    encoding = dice.choice(["utf-16", "utf-16-le", "utf-32", "gb18030", "latin-1", "cp1252", "utf-8-sig", "utf-7"])
    return content.decode("utf-8-sig").encode(encoding, errors="replace")


def other_line_ends(content: bytes, dice: random.Random) -> bytes:
    return content.replace(b"\n", dice.choice([b"\r\n", b"\r"]))


def other_delimiter(content: bytes, dice: random.Random) -> bytes:
    return content.replace(b",", dice.choice([b";", b"\t", b"|"]))


CORRUPTIONS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "one bit flipped": bit_flipped,
    "cut short": cut_short,
    "names of two columns swapped": names_of_columns_swapped,
    "columns in another order": columns_moved,
    "a column times 1,000": column_times_1000,
    "a cell times 1,000": _put(lambda text, dice: f"{float(text) * 1000:.10g}" if _number(text) else text, _number),
    "a row repeated": row_repeated,
    "a row lost": row_lost,
    "rows in another order": rows_in_another_order,
    "a cell emptied": _put(lambda text, dice: ""),
    "text in a number": _put(lambda text, dice: "n.a.", _number),
    "a date or year out of range": _put(
        lambda text, dice: dice.choice(["9999", "0001", "3021"]) + text[4:], lambda text: text[:4].isdigit() and text[:2] in ("19", "20")
    ),
    "another digit in a number": _put(
        lambda text, dice: text.replace(dice.choice(text), str(dice.randrange(10)), 1) if _number(text) else text, _number
    ),
    "a NUL byte": nul_byte,
    "another encoding": other_encoding,
    "other ends of lines": other_line_ends,
    "another delimiter": other_delimiter,
}
