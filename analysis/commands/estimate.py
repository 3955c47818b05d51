"""Estimate one model on any table in a CSV, Parquet, Stata, Excel or Feather file, outside the study.

Columns of names (units, clusters, strata, fixed effects) are taken as written; all others are numbers. `--describe` shows how
each column is read. Rows with a missing value in a named column are left out, and counted on standard error. What the data
cannot identify is a row with its reason; wrong input ends with one line.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from analysis.core.any_table import specified, table_of
from analysis.core.atomic import atomic
from analysis.core.errors import BadOption, DataError, UnknownName, violation
from analysis.core.memory import GIB, LITTLE, STREAM, available, needed
from analysis.core.method import Method, method_of
from analysis.core.specification import FREQUENCIES, LISTS, SINGLE, Specification, columns_of, flag, given, meaning_of
from analysis.core.visible import for_spreadsheet, visible
from analysis.sources.files.asked import Reading
from analysis.sources.files.file import read as read_file
from analysis.sources.files.size import is_parquet_file, rows_of

# What the file itself may leave open, and how each is said on the command line.
READING = {
    "delimiter": ("CHARACTER", "what separates cells: , ; tab | (found by default)"),
    "decimal": ("MARK", "decimal mark: . or , (a comma is found where nothing else can be meant)"),
    "thousands": ("MARK", "mark that separates thousands; never guessed"),
    "encoding": ("NAME", "encoding of a text file, as gb18030 (found by default: UTF-8, UTF-16, else Windows-1252)"),
    "missing": ("TEXTS", "texts that stand for a missing value, separated by commas, as NA,-99; blanks always do"),
    "sheet": ("NAME", "sheet of a workbook (the first that is not empty by default)"),
}


FILE = "CSV (also .tsv, .txt, packed), Parquet, Stata, Excel or Feather file"
# Endings of --out: another one would name a file that no program opens.
WRITTEN = ("", ".csv", ".txt", ".parquet", ".pq")


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help=FILE)
    parser.add_argument("--describe", action="store_true", help="show the columns and how they are read; estimate nothing")
    declare_model(parser)
    parser.add_argument(
        "--streaming", action="store_true", help="sum a Parquet file up by units in a stream: chosen by itself where memory would not do"
    )
    parser.add_argument("--anyway", action="store_true", help="go on where memory may not do")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an unforeseen error")
    parser.add_argument("--out", default="", metavar="FILE", help="CSV or Parquet file to write; by default a table is printed")


def declare_model(parser: argparse.ArgumentParser) -> None:
    """Declare the flags that say how a file is read and what is estimated on it."""
    parser.add_argument("--estimator", default="", help="name; `python -m analysis estimators` lists them")
    for field in SINGLE:
        parser.add_argument(flag(field), default="", help=meaning_of(field), metavar="COLUMN")
    for field in LISTS:
        parser.add_argument(flag(field), default="", help=f"{meaning_of(field)}, separated by commas", metavar="COLUMNS")
    for name, (metavar, meaning) in READING.items():
        parser.add_argument(flag(name), default="", metavar=metavar, help=meaning)
    parser.add_argument("--frequency", default="", choices=("", *FREQUENCIES), help=meaning_of("frequency"), metavar="PERIOD")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="an option of the estimator; may be repeated")
    parser.add_argument("--seed", type=int, default=1, help="seed of whatever is random (default 1)")


def run(chosen: argparse.Namespace) -> int:
    specification, asked = specify(chosen), reading_of(chosen)
    if chosen.describe:
        from analysis.sources.files.description import describe

        print(visible(describe(chosen.file, roles_of(specification), asked)))
        return 0
    if not chosen.estimator:
        raise BadOption("--estimator is needed (or --describe, to see what the file holds)", "estimator", "", "a name")
    method = method_of(chosen.estimator)
    method.check(specification, given(specification))
    name = Path(chosen.file).name
    whole = (
        None
        if streams(chosen, specification, method)
        else read(chosen.file, specification, method.read(specification), method.columns, asked)
    )
    try:
        table = streamed(chosen.file, specification, asked) if whole is None else table_of(whole, specification, name)
    except (BadOption, DataError, UnknownName):
        raise
    except Exception as error:
        if chosen.debug:
            raise
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise DataError(f"{specification.estimator} could not work on this file ({what}); --debug shows where") from error
    for note in table.attrs["notes"]:
        print(visible(f"note: {chosen.file}: {note}"), file=sys.stderr)
    write(table, chosen.out)
    return 0


def specify(chosen: argparse.Namespace) -> Specification:
    """Return the Specification that the flags describe; raise BadOption for a malformed --option."""
    options = {}
    for text in chosen.option:
        import yaml  # here, because most models have no option

        name, sign, value = text.partition("=")
        if not sign or not name:
            raise BadOption(f"--option {text}: write NAME=VALUE", "option", text, "NAME=VALUE")
        try:
            options[name.strip()] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise BadOption(f"--option {text}: the value cannot be read", name.strip(), value, "YAML") from error
    lists = {field: tuple(part.strip() for part in getattr(chosen, field).split(",") if part.strip()) for field in LISTS}
    single = {field: getattr(chosen, field) for field in SINGLE}
    return specified(chosen.estimator, chosen.seed, options=options, frequency=chosen.frequency, **single, **lists)


def reading_of(chosen: argparse.Namespace) -> Reading:
    """Return what the flags say about the file; raise BadOption for a mark that cannot be one."""
    missing = tuple(text for part in chosen.missing.split(",") if (text := part.strip()))
    return Reading(
        **{name: getattr(chosen, name) for name in READING if name != "missing"}, missing=missing, periods_as_text=bool(chosen.frequency)
    )


def roles_of(specification: Specification) -> dict[str, set[str]]:
    """Return column → the fields that name it."""
    return {column: set(fields) for column, fields in columns_of(specification).items()}


def read(path: str, specification: Specification, options: SimpleNamespace, own: Collection[str], asked: Reading) -> pd.DataFrame:
    """Return the columns of the file that flags, options and the method's `own` names ask for; notes go to standard error.

    Raises DataError naming file, row, column, value and rule.
    """
    chosen = [value if isinstance(value, list) else [value] for value in vars(options).values()]
    named_by_options = [str(name) for values in chosen for name in values if isinstance(name, str | int)]
    data = read_file(path, roles_of(specification), asked, also=[*named_by_options, *own, "evidence"])
    for note in data.attrs["notes"]:
        print(visible(f"note: {path}: {note}"), file=sys.stderr)
    return data


def streams(chosen: argparse.Namespace, specification: Specification, method: Method) -> bool:
    """Return whether to sum the file up in a stream: where that is asked for, or where memory would not do and it can be done.

    Raises BadOption where it is asked for and cannot be, and where neither can be done: with how much memory it takes and there is.
    """
    path = Path(chosen.file)
    method.read(specification)  # a mistyped option is told as such
    why_not = method.needs_every_unit(specification) or ("" if is_parquet_file(path) else f"{chosen.file} is no Parquet file")
    if chosen.streaming and why_not:
        raise BadOption(f"--streaming: {why_not}", "streaming", True, (False,))
    rows = None if chosen.anyway else rows_of(path)
    further = len(specification.controls) + len(specification.instruments) + bool(specification.weights)
    wanted = 0.0 if rows is None else needed(specification.estimator, rows, further)
    if wanted < LITTLE or (wanted <= (free := available()) and not chosen.streaming):
        return bool(chosen.streaming)
    short = f"{specification.estimator} on {rows:,} rows takes about {wanted / GIB:.1f} GiB of memory, and {free / GIB:.1f} GiB are free"
    if not why_not and free < STREAM <= wanted:
        why_not = f"units summed up in a stream take {STREAM / GIB:.1f} GiB"
    if why_not:
        raise BadOption(
            f"{chosen.file}: {short} ({why_not}); use a larger machine or a part of the rows, or say --anyway", "anyway", False, (True,)
        )
    if not chosen.streaming:
        print(f"note: {chosen.file}: {short}: units are summed up in a stream", file=sys.stderr)
    return True


def streamed(path: str, specification: Specification, asked: Reading) -> pd.DataFrame:
    """Return the Estimate table of a Parquet file whose units are summed up in a stream; notes go to standard error."""
    from analysis.sources.files.representatives import representatives  # here, because they import polars
    from analysis.sources.files.whole_units import evidence_of

    def summed() -> pd.DataFrame:
        data = representatives(Path(path), specification, asked)
        for note in data.attrs["notes"]:
            print(visible(f"note: {path}: {note}"), file=sys.stderr)
        return data

    try:
        return table_of(summed, specification, Path(path).name, evidence_of(Path(path)))
    except (DataError, UnknownName, BadOption):
        raise
    except Exception as error:  # a kind of column that Polars cannot read
        said = " ".join(str(error).split())[:300]
        raise DataError(violation(path, f"cannot be summed up in a stream ({said}); estimate in memory")) from error


def write(table: pd.DataFrame, path: str) -> None:
    """Write the Estimate table whole or not at all, or print its main columns; no name in it is run by a spreadsheet or a terminal."""
    if path:
        if not Path(path).absolute().parent.is_dir():
            raise DataError(violation(path, "the folder does not exist"))
        if Path(path).is_dir():
            raise DataError(violation(path, "is a folder; --out names a file"))
        if Path(path).suffix.lower() not in WRITTEN:
            raise DataError(
                violation(path, f"--out writes CSV or Parquet; let the name end with .csv or .parquet, not {Path(path).suffix}")
            )
        with atomic(path) as temporary:
            if path.lower().endswith((".parquet", ".pq")):
                table.to_parquet(temporary, index=False)
            else:
                for_spreadsheet(table).to_csv(temporary, index=False)
        return
    shown = [
        "term",
        "setting",
        "cohort",
        "event_time",
        "estimate",
        "std_error",
        "ci_low",
        "ci_high",
        "p_value",
        "inference",
        "n_obs",
        "reason_code",
        "reason",
    ]
    printed = table.assign(reason=table["reason"].fillna(table["note"]))[shown].dropna(axis=1, how="all")
    with pd.option_context(
        "display.max_rows", None, "display.width", 200, "display.max_colwidth", 90, "display.float_format", "{:.6g}".format
    ):
        print(visible(printed.astype(object).where(printed.notna(), "").to_string(index=False)))
