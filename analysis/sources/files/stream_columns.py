"""Which columns of a Parquet file can be summed up in a stream, and which of their values are missing: as the reader of whole files has it."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from analysis.core.errors import BadOption, DataError, unknown, violation
from analysis.core.specification import Specification, columns_of, flag
from analysis.sources.files.asked import Reading
from analysis.sources.files.columns import holds_names
from analysis.sources.files.numbers import MARKERS, NUMBER
from analysis.sources.files.whole_units import Plain, types_of


def plain_of(specification: Specification, missing: tuple[str, ...]) -> Plain:
    """Return what makes the missing values of a column null: blanks, `missing` codes, the usual markers where numbers are meant.

    Categories become the texts that they stand for.
    """
    roles = {column: set(fields) for column, fields in columns_of(specification).items()}
    codes = [float(code) for code in missing if re.fullmatch(NUMBER[1:-1], code)]

    def plain(name: str, kind: pl.DataType) -> pl.Expr:
        column = pl.col(name)
        if kind in (pl.Categorical, pl.Enum):
            column, kind = column.cast(pl.String), pl.String()
        if kind == pl.String:
            are_numbers = name in roles and not holds_names(roles[name])
            absent = column.str.strip_chars().is_in(["", *missing, *(MARKERS if are_numbers else ())])
            if are_numbers and codes:
                absent |= column.str.strip_chars().cast(pl.Float64, strict=False).is_in(codes).fill_null(False)
            return pl.when(~absent).then(column).alias(name)
        column = column.fill_nan(None) if kind.is_float() else column
        if codes and name in roles and kind.is_numeric():
            return pl.when(~column.cast(pl.Float64).is_in(codes)).then(column).alias(name)
        return column

    return plain


def check_columns(path: Path, specification: Specification, columns: list[str], numbers: list[str], asked: Reading) -> None:
    """Refuse columns that are not there, and those whose values only the reader of whole files makes numbers or names of.

    Raises UnknownName, DataError, and BadOption for marks of numbers kept as text.
    """
    types, fields = types_of(path), columns_of(specification)
    for name in columns:
        if name not in types:
            raise unknown(name, types.names(), f"{path}: {flag(fields[name][0])}", "column")
        kind = types[name]
        if kind.is_nested():
            raise DataError(violation(str(path), f"{flag(fields[name][0])} needs one value a row, not several", column=name))
        texts = kind in (pl.String, pl.Categorical, pl.Enum)
        if texts and (asked.decimal or asked.thousands) and not holds_names(set(fields[name])):
            mark = "decimal" if asked.decimal else "thousands"
            raise BadOption(f"--streaming: {name} is kept as text; {flag(mark)} needs it in memory", "streaming", True, (False,))
        if asked.missing and not (texts or kind.is_numeric()):
            raise BadOption(f"--streaming: {name} is kept as {kind}; --missing needs it in memory", "streaming", True, (False,))
    for name in numbers:
        if not (types[name].is_numeric() or types[name] == pl.Boolean):
            rule = f"streaming needs numbers; the column is kept as {types[name]}: store it as numbers, or estimate in memory"
            raise DataError(violation(str(path), rule, column=name))
