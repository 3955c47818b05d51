"""Estimate one model on any CSV or Parquet file, outside the study.

Rows with a missing value in a named column are left out, and counted on standard error. What the data cannot identify
is a row with its reason; wrong input ends with one line.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from analysis.catalogue import ROOT, unknown
from analysis.commands.estimators import method_of
from analysis.contracts import DataError, violation
from analysis.estimates import NotIdentified, complete, refused
from analysis.method import BadOption, flag
from analysis.specification import Specification
from analysis.storage import atomic, read_table

NAME = "estimate"
HELP = "estimate one model on any CSV or Parquet file"
SINGLE = ("outcome", "unit", "time", "cohort", "treatment", "weights", "duration", "event", "entry", "upper")
LISTS = ("controls", "fixed_effects", "cluster", "instruments", "strata")
MEANINGS = {
    "outcome": "outcome column",
    "unit": "column of units",
    "time": "column of periods (whole numbers)",
    "cohort": "column of the first treated period; 0 or blank for never",
    "treatment": "column of the treatment in force",
    "weights": "column of weights",
    "duration": "column of durations (stop times)",
    "event": "column that is 1 where the duration ended, 0 where it is censored, 2.. for competing ends",
    "entry": "column of late entries (start times)",
    "upper": "column of the upper end of interval-censored durations",
    "controls": "columns of controls, separated by commas",
    "fixed_effects": "columns of effects to absorb",
    "cluster": "column(s) to cluster by; two are two-way",
    "instruments": "columns of excluded instruments for --treatment",
    "strata": "columns of strata or groups",
}
# Columns that hold names and may be text; all others are numbers.
NAMES = ("unit", "fixed_effects", "cluster", "strata")


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="CSV or Parquet file")
    parser.add_argument("--estimator", required=True, help="name; `python -m analysis estimators` lists them")
    for field in (*SINGLE, *LISTS):
        parser.add_argument(flag(field), default="", help=MEANINGS[field], metavar="COLUMN" if field in SINGLE else "COLUMNS")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="an option of the estimator; may be repeated")
    parser.add_argument("--seed", type=int, default=1, help="seed of whatever is random (default 1)")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an unforeseen error")
    parser.add_argument("--out", default="", metavar="FILE", help="CSV or Parquet file to write; by default a table is printed")


def run(chosen: argparse.Namespace) -> int:
    method = method_of(chosen.estimator)
    specification = specify(chosen)
    given = {field for field in (*SINGLE, *LISTS) if getattr(specification, field)}
    method.check(specification, given)
    options = method.read(specification)
    data = read(chosen.file, specification, given, options, method.columns)
    identity = {
        "model_id": "command",
        "outcome": specification.outcome or specification.duration or "none",
        "estimand": method.title,
        "estimator": specification.estimator,
        "sample": Path(chosen.file).name,
        "evidence": _evidence(data),
    }
    module = import_module(f"analysis.estimators.{specification.estimator}")
    try:
        rows = module.estimate(data, specification)
    except NotIdentified as error:
        rows = [refused("att", error.code, str(error))]
    except np.linalg.LinAlgError as error:
        rows = [refused("att", "SINGULAR", f"a matrix could not be inverted ({error})")]
    except ValueError as error:
        raise BadOption(" ".join(str(error).split())) from error
    except Exception as error:
        if chosen.debug:
            raise
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise BadOption(f"{specification.estimator} could not work on this file ({what}); --debug shows where") from error
    contract = yaml.safe_load((ROOT / "config" / "tables" / "estimate.yaml").read_text(encoding="utf-8"))
    write(complete(rows, identity, contract), chosen.out)
    return 0


def _evidence(data: pd.DataFrame) -> str:
    """Return the grade of the file: simulated where a column `evidence` says so, else real."""
    marked = "evidence" in data and data["evidence"].astype(str).str.lower().eq("simulated").any()
    return "simulated" if marked or data.attrs.get("evidence") == "simulated" else "real"


def specify(chosen: argparse.Namespace) -> Specification:
    """Return the Specification that the flags describe; raise BadOption for a malformed --option."""
    options = {}
    for text in chosen.option:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise BadOption(f"--option {text}: write NAME=VALUE")
        try:
            options[name.strip()] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise BadOption(f"--option {text}: the value cannot be read") from error
    lists = {field: tuple(part.strip() for part in getattr(chosen, field).split(",") if part.strip()) for field in LISTS}
    single = {field: getattr(chosen, field) for field in SINGLE}
    seed = zlib.crc32(f"{chosen.seed} {chosen.estimator}".encode())
    return Specification(name="command line", estimator=chosen.estimator, options=options, seed=seed, **single, **lists)


def read(path: str, specification: Specification, given: set[str], options, own: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return the file's rows, checked: columns exist, numbers are numbers, periods whole, no unit-period twice.

    Kept are the columns that are named, by flags or options, and those of the method's `own` that there are.
    Raises DataError naming file, row, column, value and rule.
    """
    data = _open(path)
    columns = {}
    for field in sorted(given):
        value = getattr(specification, field)
        columns |= dict.fromkeys([value] if isinstance(value, str) else value, field)
    chosen = [value if isinstance(value, list) else [value] for value in vars(options).values()]
    named_by_options = [name for values in chosen for name in values if isinstance(name, str) and name in data]
    for column, field in columns.items():
        if column not in data:
            raise unknown(column, [str(c) for c in data.columns], f"{path}: {flag(field)}", "column")
    data = data[
        list(
            dict.fromkeys(
                [*columns, *named_by_options, *(name for name in own if name in data), *(["evidence"] if "evidence" in data else [])]
            )
        )
    ].copy()
    for column, field in columns.items():
        if field not in NAMES:
            data[column] = _numbers(data[column], path, field)
    _report_missing(data, specification, given, path)
    keys = [getattr(specification, field) for field in ("unit", "time") if field in given]
    if len(keys) == 2:
        data = _keyed(data, keys, path)
    return data


def _open(path: str) -> pd.DataFrame:
    file = Path(path)
    if not file.is_file():
        raise DataError(violation(path, "no such file"))
    try:
        if file.suffix.lower() in (".parquet", ".pq"):
            return read_table(file)
        data = pd.read_csv(file, low_memory=False)
    except Exception as error:  # whatever the reader raises, the file is at fault
        raise DataError(violation(path, f"cannot be read ({' '.join(str(error).split())})")) from error
    if data.empty:
        raise DataError(violation(path, "has no rows"))
    return data


def _numbers(column: pd.Series, path: str, field: str) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = numbers.isna() & column.notna()
    wrong |= np.isinf(numbers) & (field not in ("cohort", "upper"))
    if wrong.any():
        row = int(np.argmax(wrong.to_numpy()))
        raise DataError(violation(path, f"{flag(field)} needs numbers", row=row + 2, column=str(column.name), value=column.iloc[row]))
    return numbers.astype(float) if numbers.dtype == bool else numbers


def _report_missing(data: pd.DataFrame, specification: Specification, given: set[str], path: str) -> None:
    # A blank cohort means never treated, a blank upper end that the spell goes on.
    free = {specification.cohort, specification.upper}
    missing = {column: int(data[column].isna().sum()) for column in data if column not in free}
    missing = {column: count for column, count in missing.items() if count}
    if missing:
        listed = ", ".join(f"{column} {count}" for column, count in missing.items())
        print(f"note: {path}: missing values in {listed}; rows without a value that is needed are left out", file=sys.stderr)


def _keyed(data: pd.DataFrame, keys: list[str], path: str) -> pd.DataFrame:
    unit, time = keys
    whole = data[[unit, time]].notna().all(axis=1)
    data = data[whole]
    broken = data[time] % 1 != 0
    if broken.any():
        row = int(np.argmax(broken.to_numpy()))
        raise DataError(
            violation(path, "--time needs whole numbers", row=int(data.index[row]) + 2, column=time, value=data[time].iloc[row])
        )
    data = data.assign(**{time: data[time].astype(np.int64)})
    twice = data.duplicated(keys)
    if twice.any():
        row = int(np.argmax(twice.to_numpy()))
        pair = f"{data[unit].iloc[row]}, {data[time].iloc[row]}"
        rule = f"a unit has one row a period; {int(twice.sum())} rows repeat a pair"
        raise DataError(violation(path, rule, row=int(data.index[row]) + 2, column=f"{unit}, {time}", value=pair))
    return data.reset_index(drop=True)


def write(table: pd.DataFrame, path: str) -> None:
    """Write the Estimate table whole or not at all, or print its main columns."""
    if path:
        if not Path(path).absolute().parent.is_dir():
            raise DataError(violation(path, "the folder does not exist"))
        if Path(path).is_dir():
            raise DataError(violation(path, "is a folder; --out names a file"))
        with atomic(path) as temporary:
            if path.lower().endswith((".parquet", ".pq")):
                table.to_parquet(temporary, index=False)
            else:
                table.to_csv(temporary, index=False)
        return
    shown = ["term", "cohort", "event_time", "estimate", "std_error", "ci_low", "ci_high", "p_value", "inference", "n_obs", "reason"]
    printed = table[shown].dropna(axis=1, how="all")
    with pd.option_context(
        "display.max_rows", None, "display.width", 200, "display.max_colwidth", 90, "display.float_format", "{:.6g}".format
    ):
        print(printed.astype(object).where(printed.notna(), "").to_string(index=False))
