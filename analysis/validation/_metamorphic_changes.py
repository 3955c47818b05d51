"""Changes of a table, and of the specification with it, after which no estimate may differ."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.core.method import method_of
from analysis.core.specification import LISTS, NAMES, SINGLE, Specification, columns_of
from analysis.sources.files.file import read
from analysis.validation import _trial_data
from analysis.validation._metamorphic_cases import Case

SHIFT = 2.0**27
# Names that the suite gives to columns of its own, or to terms.
RESERVED = (
    "outcome", "unit", "time", "cohort", "treatment", "const", "att", "event", "entry", "duration", "stack", "cell", "treated",
    "event_time", "weights", "mean_x", "lower", "upper", "index", "Intercept",
)  # fmt: skip
Change = Callable[[pd.DataFrame, Specification], tuple[pd.DataFrame, Specification]]


def _used(specification: Specification) -> list[str]:
    """Return the columns that a specification names, those of options left out."""
    return list(columns_of(specification))


def _option_columns(specification: Specification) -> dict[str, list[str]]:
    method = method_of(specification.estimator)
    named = {name: specification.options.get(name) for name, option in method.options.items() if option.columns}
    return {name: value if isinstance(value, list) else [value] for name, value in named.items() if value}


def renamed(data: pd.DataFrame, specification: Specification, turn: int = 0) -> tuple[pd.DataFrame, Specification]:
    """Return both with every named column under a reserved word; `turn` says which gets which."""
    fixed = set(method_of(specification.estimator).columns)
    further = [name for names in _option_columns(specification).values() for name in names if isinstance(name, str) and name in data]
    used = [name for name in dict.fromkeys([*_used(specification), *further]) if name not in fixed]
    words = [word for word in RESERVED[turn:] + RESERVED[:turn] if word not in fixed]
    mapping = dict(zip(used, words, strict=False))
    fields: dict = {field: mapping.get(getattr(specification, field), getattr(specification, field)) for field in SINGLE}
    fields |= {field: tuple(mapping.get(name, name) for name in getattr(specification, field)) for field in LISTS}
    options = dict(specification.options)
    for name, values in _option_columns(specification).items():
        changed = [mapping.get(value, value) for value in values]
        options[name] = changed if isinstance(options[name], list) else changed[0]
    kept = [name for name in data if name in used or name in fixed]
    return data[kept].rename(columns=mapping), replace(specification, options=options, **fields)


def permuted(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    return data.sample(frac=1, random_state=3).reset_index(drop=True), specification


def _named(specification: Specification) -> list[str]:
    """Return the columns that only hold names."""
    numeric = {getattr(specification, field) for field in SINGLE if field not in NAMES} | {
        *specification.controls,
        *specification.instruments,
    }
    fields = [specification.unit, *specification.fixed_effects, *specification.cluster, *specification.strata]
    return [name for name in dict.fromkeys(fields) if name and name not in numeric]


def relabelled(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return units, clusters and strata under other numbers in the same order."""
    names = {name: data[name].rank(method="dense").astype(int) * 7 + 3 for name in _named(specification) if data[name].dtype.kind in "iu"}
    return data.assign(**names), specification


def texts(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return units, clusters and strata as text with zeros before them."""
    names = {name: data[name].map("{:04d}".format) for name in _named(specification) if data[name].dtype.kind in "iu"}
    return data.assign(**names), specification


def categories(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return names as categories with a level that no row has."""
    names = {
        name: pd.Categorical(data[name], categories=[*sorted(data[name].unique()), *_spare(data[name])]) for name in _named(specification)
    }
    return data.assign(**names), specification


def _spare(column: pd.Series) -> list:
    return [column.max() + 1] if column.dtype.kind in "iu" else ["no row has it"]


def nullable(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    return data.convert_dtypes(), specification


def decimals(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return numbers as decimals, 0/1 columns as truth values, and names as floats."""
    changed = {}
    for name in _used(specification):
        column = data[name]
        if name in _named(specification):
            changed[name] = column.astype(float) if column.dtype.kind in "iu" else column
        elif column.dtype.kind == "f" and column.notna().all():
            changed[name] = column.map(lambda value: Decimal(repr(float(value))))
        elif column.dtype.kind in "iu" and set(column) == {0, 1}:
            changed[name] = column.astype(bool)
    return data.assign(**changed), specification


def unused(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return the table with columns that nothing names, some of them empty or of another kind."""
    return data.assign(zz=np.nan, when=pd.Timestamp("2020-01-01"), text="NA", Unnamed=None), specification


def biennial(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return the panel in waves every second year."""
    return _retimed(data, specification, lambda year: 1950 + 2 * (year - 2000))


def quarters(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return the panel in quarters, written 20191."""
    return _retimed(data, specification, lambda year: (2010 + (year - 2000) // 4) * 10 + (year - 2000) % 4 + 1)


def dates(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return the panel in months, written as days, with the word that they are months."""
    changed, specification = _retimed(data, specification, lambda year: year)
    for name in filter(None, (specification.time, specification.cohort)):
        months = changed[name].where(changed[name] > 0)
        changed[name] = pd.to_datetime(
            months.map(lambda m: datetime.date(2010 + int(m - 2000) // 12, int(m - 2000) % 12 + 1, 9), na_action="ignore")
        )
    return changed, replace(specification, frequency="month")


def _retimed(data: pd.DataFrame, specification: Specification, rule: Callable) -> tuple[pd.DataFrame, Specification]:
    changed = {specification.time: rule(data[specification.time])}
    if specification.cohort:
        cohort = data[specification.cohort]
        changed[specification.cohort] = rule(cohort).where(cohort > 0, 0)
    return data.assign(**changed), specification


def never(code: float) -> Change:
    """Return the change that codes never treated otherwise."""

    def change(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
        cohort = data[specification.cohort].astype(float)
        return data.assign(**{specification.cohort: cohort.where(cohort > 0, code)}), specification

    return change


def through(suffix: str) -> Change:
    """Return the change that writes the table to a file and reads it back as a user's file is read."""

    def change(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"table{suffix}"
            WRITERS[suffix](data, path)
            roles = {column: set(fields) for column, fields in columns_of(specification).items()}
            further = [name for names in _option_columns(specification).values() for name in names if isinstance(name, str)]
            return read(str(path), roles, also=[*further, *method_of(specification.estimator).columns]), specification

    return change


WRITERS: dict[str, Callable] = {
    ".csv": lambda data, path: data.to_csv(path, index=False),
    ".parquet": lambda data, path: data.to_parquet(path, index=False),
    ".dta": lambda data, path: data.to_stata(path, write_index=False, version=118),
    ".xlsx": lambda data, path: data.to_excel(path, index=False),
}


def scaled(column: str, factor: float) -> Change:
    return lambda data, specification: (data.assign(**{column: data[column] * factor}), specification)


def shifted(column: str) -> Change:
    return lambda data, specification: (data.assign(**{column: data[column] + SHIFT}), specification)


def changes_of(case: Case) -> dict[str, Change]:
    """Return the changes after which nothing may differ."""
    specification, data = case.specification(), case.data()
    found: dict[str, Change] = {
        "rows permuted": permuted,
        "columns named as our own": renamed,
        "columns named as our own, otherwise": lambda d, s: renamed(d, s, 9),
        "nullable types": nullable,
        "decimals and truth values": decimals,
        "columns that nothing names": unused,
        "through CSV": through(".csv"),
        "through Parquet": through(".parquet"),
        "through Stata": through(".dta"),
        "through Excel": through(".xlsx"),
    }
    if _named(specification):
        found |= {"names relabelled": relabelled, "names as text": texts, "names as categories": categories}
    method = method_of(case.estimator)
    if (
        specification.time
        and data[specification.time].nunique() == _trial_data.PERIODS
        and not method.periods_as_written
        and not method.columns
    ):
        found |= {"every second year": biennial, "quarters as YYYYQ": quarters, "months as dates": dates}
    if specification.cohort and (data[specification.cohort] == 0).any():
        found |= {"never as blank": never(np.nan), "never as 9999": never(9999), "never as infinity": never(np.inf)}
        if method.knows_later_cohorts:
            del found["never as 9999"]
    return found
