"""Table contracts: one grammar for raw files and for every table the pipeline makes.

A contract is a YAML file that lists columns, their types, units and rules. `config/sources/` holds one
for each raw file, `config/tables/` one for each table that is made. This module turns them into pandera
schemas and turns pandera's findings into one-line errors that name file, row, column, value and rule.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.core.errors import DataError, violation
from analysis.core.plausibility import implausible

if TYPE_CHECKING:
    import pandera.pandas as pa

TRUE_WORDS = {"1": True, "true": True, "yes": True}
FALSE_WORDS = {"0": False, "false": False, "no": False}


# Type of a column → how pandas holds it; what is not named here is text.
DTYPES = {"number": "float64", "integer": "Int64", "boolean": "boolean"}
TEXT = "string"
SPAN = (1800, 2100)  # years of dates; a rule of the column may be narrower
SPAN_SAID = f"of the years {SPAN[0]} to {SPAN[1]}"
# What a spreadsheet that opens a table runs: a name may begin with a sign (-Pharma BV), but not call a function or a program.
# Signs of East Asian width count as well.
FORMULA = r"[=@＝＠]|[+\-＋－].*[|(!（]"
# Characters that no reader sees, by which two names that look alike are two units: of no width, or turning the direction.
UNSEEN = "[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"


def check_header(header: list[str], contract: dict, where: object) -> None:
    """Raise DataError unless the header holds exactly the contract's columns, each once (any order)."""
    wanted = list(contract["columns"])
    problems = [violation(where, "column appears twice", row=1, column=c) for c in sorted({c for c in header if header.count(c) > 1})]
    problems += [violation(where, "required column is missing", row=1, column=c) for c in wanted if c not in header]
    problems += [
        violation(where, "unknown column; add it to the file's map in config/sources/ or remove it", row=1, column=c)
        for c in header
        if c not in wanted
    ]
    if problems:
        raise DataError("\n".join(problems))


def parse(raw: pd.DataFrame, contract: dict, where: object, first_row: int = 2) -> pd.DataFrame:
    """Return `raw` (all text, blank = missing) with every column in its contract's type.

    Raises DataError that lists every cell which is not of its type. `first_row` is the line of the first record.
    """
    check_header(list(raw.columns), contract, where)
    parsed, problems = {}, []
    for name, rule in contract["columns"].items():
        text = raw[name].astype("string").str.strip()
        text = text.mask(text == "")
        values, bad, expected = _convert(text, rule["type"])
        problems += [
            violation(where, f"is not {expected}", row=position + first_row, column=name, value=text.iloc[position]) for position in bad
        ]
        parsed[name] = values
    if problems:
        raise DataError("\n".join(problems))
    return pd.DataFrame(parsed, index=raw.index)


def _convert(text: pd.Series, kind: str) -> tuple[pd.Series, list[int], str]:
    """Return the converted column, the positions that could not be converted, and the expected form."""
    if kind in ("number", "integer"):
        values = pd.to_numeric(text, errors="coerce")
        broken = (values.isna() & text.notna()) | values.isin([np.inf, -np.inf])
        if kind == "integer":
            broken |= values.notna() & (values % 1 != 0)
            values = values.mask(broken).astype(DTYPES[kind])
        else:
            values = values.astype(DTYPES[kind])
        return values, _positions(broken), f"a{'n' if kind == 'integer' else ''} {kind}"
    if kind == "boolean":
        values = text.str.lower().map({**TRUE_WORDS, **FALSE_WORDS}).astype(DTYPES[kind])
        return values, _positions(values.isna() & text.notna()), "one of 1, 0, true, false, yes, no"
    if kind == "partial_date":
        # Registers know some dates only to the month or the year; the known part is kept as text.
        broken = text.notna() & ~text.str.fullmatch(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?").fillna(False)
        return text, _positions(broken | _far(text)), f"a date YYYY, YYYY-MM or YYYY-MM-DD {SPAN_SAID}"
    if kind == "date":
        broken = text.notna() & pd.to_datetime(text, format="%Y-%m-%d", errors="coerce").isna()
        return text, _positions(broken | _far(text)), f"a date YYYY-MM-DD {SPAN_SAID}"
    if kind == "text":
        if (unseen := text.str.contains(UNSEEN).fillna(False)).any():
            return text, _positions(unseen), "text alone: it has characters that cannot be seen"
        return text, _positions(text.str.match(FORMULA).fillna(False)), "text but a formula, which a spreadsheet would run"
    raise ValueError(f"unknown column type '{kind}'")


def _far(text: pd.Series) -> pd.Series:
    """Return which dates are of no year that a source can mean."""
    year = pd.to_numeric(text.str[:4], errors="coerce")
    return (year.notna() & ~year.between(*SPAN)).fillna(False)


def _positions(mask: pd.Series) -> list[int]:
    return [position for position, flag in enumerate(mask) if flag]


def dtype_of(rule: dict) -> str:
    """Return the dtype of a column by its rule."""
    return DTYPES.get(rule["type"], TEXT)


def typed(table: pd.DataFrame, contract: dict) -> pd.DataFrame:
    """Return the columns of the contract, each in the dtype of its type; those that `table` has not are blank."""
    table = table.reindex(columns=list(contract["columns"]))
    for name, rule in contract["columns"].items():
        values = pd.to_numeric(table[name]) if rule["type"] in ("number", "integer") else table[name]
        table[name] = values.astype(dtype_of(rule))
    return table


def schema(contract: dict) -> pa.DataFrameSchema:
    """Return the pandera schema of a contract: required, allowed, minimum, above, maximum, pattern, key."""
    import pandera.pandas as pa  # here, because most commands check no table and it is slow to import

    columns = {name: pa.Column(checks=list(_checks(rule)), nullable=True, required=True) for name, rule in contract["columns"].items()}
    return pa.DataFrameSchema(columns, strict=True, name=contract.get("title"))


def _checks(rule: dict) -> Iterator:
    import pandera.pandas as pa

    if rule.get("required"):
        yield pa.Check(lambda s: s.notna(), error="required: may not be blank", ignore_na=False)
    if "allowed" in rule:
        allowed = list(rule["allowed"])
        yield pa.Check.isin(allowed, error=f"must be one of {', '.join(map(str, allowed))}")
    if "minimum" in rule:
        yield pa.Check.ge(rule["minimum"], error=f"must be at least {rule['minimum']}")
    if "above" in rule:
        yield pa.Check.gt(rule["above"], error=f"must be above {rule['above']}")
    if "maximum" in rule:
        yield pa.Check.le(rule["maximum"], error=f"must be at most {rule['maximum']}")
    if "pattern" in rule:
        yield pa.Check.str_matches(rule["pattern"], error=f"must match {rule['pattern']}")


def check(table: pd.DataFrame, contract: dict, where: object, first_row: int = 2) -> pd.DataFrame:
    """Return `table` in contract column order, or raise DataError listing every broken rule with its row.

    Keys must be present and unique. `first_row` is the line number printed for the first record.
    """
    from pandera.errors import SchemaErrors

    check_header(list(table.columns), contract, where)
    table = table[list(contract["columns"])].reset_index(drop=True)
    problems = []
    try:
        schema(contract).validate(table, lazy=True)
    except SchemaErrors as errors:
        for case in errors.failure_cases.drop_duplicates(["column", "check", "index"]).itertuples():
            row = None if pd.isna(case.index) else int(case.index) + first_row
            value = table[case.column].iloc[int(case.index)] if row is not None and case.column in table else case.failure_case
            problems.append(violation(where, str(case.check), row=row, column=case.column, value="" if pd.isna(value) else value))
    problems += _key_problems(table, contract, where, first_row) or _rows_lost_or_added(table, contract, where, first_row)
    problems += [] if problems else implausible(table, contract, where, first_row)
    if problems:
        raise DataError("\n".join(problems))
    return table


def _key_problems(table: pd.DataFrame, contract: dict, where: object, first_row: int) -> list[str]:
    key = contract["key"]
    problems = []
    for column in key:
        problems += [violation(where, "key may not be blank", row=p + first_row, column=column) for p in _positions(table[column].isna())]
    repeated = table.duplicated(key, keep="first") & table[key].notna().all(axis=1)
    for position in _positions(repeated):
        value = ", ".join(str(v) for v in table.loc[position, key])
        first = _positions((table[key] == table.loc[position, key]).all(axis=1))[0]
        problems.append(
            violation(
                where,
                f"duplicated key, first seen in row {first + first_row}",
                row=position + first_row,
                column=", ".join(key),
                value=value,
            )
        )
    return problems


def _rows_lost_or_added(table: pd.DataFrame, contract: dict, where: object, first_row: int) -> list[str]:
    """Return the problem of a raw file that has not as many records as its contract counts: no value can tell that one is gone."""
    wanted = contract.get("rows", len(table))
    if len(table) == wanted:
        return []
    said = f"is the last of {len(table):,} records, where the file's map in config/sources/ counts {wanted:,} (rows)"
    return [violation(where, f"{said}; restore the file, or correct the count with the data", row=len(table) + first_row - 1)]


def read_raw(path: str | Path, contract: dict) -> pd.DataFrame:
    """Return the raw CSV at `path`, typed and checked against its contract; raise DataError otherwise."""
    path = Path(path)
    return check(parse(_read_text(path), contract, path), contract, path)


def _read_text(path: Path) -> pd.DataFrame:
    """Return a CSV file as text; pandas would shift or cut a row that is wider than the header."""
    reader = csv.reader(io.StringIO(_decoded(path), newline=""), strict=True)
    try:
        header, *rows = reader
    except ValueError as error:
        raise DataError(violation(path, "is empty")) from error
    except csv.Error as error:
        raise DataError(violation(path, f"cannot be read as a CSV file ({error})", row=reader.line_num)) from error
    uneven = [
        violation(path, f"has {len(cells)} cells where the header has {len(header)}", row=position + 2)
        for position, cells in enumerate(rows)
        if len(cells) != len(header)
    ]
    if uneven:
        raise DataError("\n".join(uneven))
    return pd.DataFrame(rows, columns=header, dtype="string")


def _decoded(path: Path) -> str:
    """Return the text of a UTF-8 file; raise DataError with the line of the first byte that is none."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(violation(path, "file not found")) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(violation(path, "is not UTF-8 text", row=content.count(b"\n", 0, error.start) + 1)) from error
    if "\0" in text:
        raise DataError(violation(path, "holds a NUL byte, which no text does", row=text.count("\n", 0, text.index("\0")) + 1))
    return text
