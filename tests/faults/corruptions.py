"""Ways in which a CSV file goes wrong between its source and its reader; each takes its bytes and returns others."""

from __future__ import annotations

import csv
import io
import math
import random
import re
from collections.abc import Callable

Rows = list[list[str]]
DATE = re.compile(r"(19|20)\d\d(-\d\d(-\d\d)?)?")


def _edited(content: bytes, change: Callable[[Rows], object]) -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    change(rows)
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def unchanged(content: bytes) -> bytes:
    """Return a file as a corruption leaves it that has found nothing to change."""
    return _edited(content, lambda rows: None)


def _value(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _number(text: str) -> bool:
    """Return whether a cell holds a number that another unit would change."""
    return bool(_value(text)) and not math.isnan(_value(text))


def _numbers(cells: list[str]) -> bool:
    return any(map(_number, cells)) and not any(math.isnan(_value(cell)) for cell in cells if cell)


def _dates(cells: list[str]) -> bool:
    return any(cells) and all(DATE.fullmatch(cell) for cell in cells if cell)


def _put(change: Callable[[str, random.Random], str], column: Callable[[list[str]], bool] = any) -> Callable[[bytes, random.Random], bytes]:
    """Return what changes a cell, not blank, of a column that is a `column`; a file without one stays as it is."""

    def corruption(content: bytes, dice: random.Random) -> bytes:
        def edit(rows: Rows) -> None:
            places = [place for place in range(len(rows[0])) if column([row[place] for row in rows[1:]])]
            if places:
                place = dice.choice(places)
                row = dice.choice([row for row in rows[1:] if row[place]])
                row[place] = change(row[place], dice)

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


def in_other_units(
    content: bytes, dice: random.Random, columns: list[str], factor: float, rows_of: Callable[[Rows, random.Random], set]
) -> bytes:
    """Multiply one of `columns` by `factor` in the rows (numbers, header 0) that `rows_of` names."""

    def change(rows: Rows) -> None:
        places = [rows[0].index(name) for name in columns]
        place = dice.choice([p for p in places if any(_number(row[p]) for row in rows[1:])])
        for row in rows_of([[row[place], *row] for row in rows], dice):
            rows[row][place] = _times(rows[row][place], factor)

    return _edited(content, change)


def _times(text: str, factor: float) -> str:
    """Return a number times `factor`, whole where it is; text that is none as it was."""
    return f"{float(text) * factor:.10g}" if _number(text) else text


def every_row(rows: Rows, dice: random.Random) -> set[int]:
    return set(range(1, len(rows)))


def one_row(rows: Rows, dice: random.Random) -> set[int]:
    """Return one row with a number in the column, which stands first."""
    return {dice.choice([number for number, row in enumerate(rows) if number and _number(row[0])])}


def one_year_or_unit(rows: Rows, dice: random.Random) -> set[int]:
    """Return the rows that share a value in one of the columns with a row that has a number, some but not most; else ten in a run."""
    (start,) = one_row(rows, dice)
    alike = [{n for n, row in enumerate(rows) if n and row[p] == rows[start][p]} for p in range(1, len(rows[0])) if rows[start][p]]
    some = [found for found in alike if 1 < len(found) <= len(rows) / 2]
    return dice.choice(some) if some else set(range(start, min(start + 10, len(rows))))


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


def rows_exchanged_but_for_a_column(content: bytes, dice: random.Random) -> bytes:
    """Two rows with each other's values in one column, as after half a sort."""

    def change(rows: Rows) -> None:
        one, other, column = *dice.sample(range(1, len(rows)), 2), dice.randrange(len(rows[0]))
        rows[one][column], rows[other][column] = rows[other][column], rows[one][column]

    return _edited(content, change)


def _column(change: Callable[[list[str]], list[str]], wanted: Callable[[str], bool]) -> Callable[[bytes, random.Random], bytes]:
    """Return the corruption of one column that has a cell which is `wanted`; where there is none, of nothing."""

    def corruption(content: bytes, dice: random.Random) -> bytes:
        def edit(rows: Rows) -> None:
            places = [place for place in range(len(rows[0])) if any(wanted(row[place]) for row in rows[1:])]
            if places:
                place = dice.choice(places)
                for row, cell in zip(rows[1:], change([row[place] for row in rows[1:]]), strict=True):
                    row[place] = cell

        changed = _edited(content, edit)
        return content if changed == _edited(content, lambda rows: None) else changed

    return corruption


def _later(cell: str) -> str:
    return f"{int(cell[:4]) + 1}{cell[4:]}" if DATED.fullmatch(cell) else cell


def _broken(cell: str) -> bool:
    return _number(cell) and "." in cell


DATED = re.compile(r"(1[89]|20)\d\d(-\d\d){0,2}")
CORRUPTIONS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "one bit flipped": bit_flipped,
    "cut short": cut_short,
    "names of two columns swapped": names_of_columns_swapped,
    "columns in another order": columns_moved,
    "a row repeated": row_repeated,
    "a row lost": row_lost,
    "rows in another order": rows_in_another_order,
    "a cell emptied": _put(lambda text, dice: ""),
    "text in a number": _put(lambda text, dice: "n.a.", _numbers),
    "a date or year out of range": _put(lambda text, dice: dice.choice(["9999", "0001", "3021"]) + text[4:], _dates),
    "another digit in a number": _put(lambda text, dice: text.replace(dice.choice(text), str(dice.randrange(10)), 1), _numbers),
    "a NUL byte": nul_byte,
    "another encoding": other_encoding,
    "other ends of lines": other_line_ends,
    "another delimiter": other_delimiter,
    "two cells of a column exchanged": rows_exchanged_but_for_a_column,
    "a column moved by a row": _column(lambda cells: [*cells[-1:], *cells[:-1]], bool),
    # Of columns of numbers: versions of libraries are text, which may hold a comma.
    "decimal commas": _column(
        lambda cells: [cell.replace(".", ",") if _broken(cell) else cell for cell in cells] if _numbers(cells) else cells, _broken
    ),
    "signs lost": _column(lambda cells: [cell.lstrip("-") for cell in cells], lambda cell: _number(cell) and cell.startswith("-")),
    "years later by one": _column(lambda cells: list(map(_later, cells)), lambda cell: bool(DATED.fullmatch(cell))),
}

# Slips of units, of columns that measure something: factor, and which rows.
UNITS: dict[str, tuple[float, Callable[[Rows, random.Random], set]]] = {
    "a column times 1,000": (1000, every_row),
    "a column divided by 1,000": (0.001, every_row),
    "a column times 1,000 in one year or unit": (1000, one_year_or_unit),
    "a cell times 1,000": (1000, one_row),
}
