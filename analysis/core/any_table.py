"""One model on any table, outside the study: what `python -m analysis estimate` prints and `analysis.estimate` returns."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from analysis.core.catalogue import module_of
from analysis.core.errors import BadOption, unknown
from analysis.core.estimates import NotIdentified, complete, contract, refused
from analysis.core.method import method_of
from analysis.core.sample import Sample
from analysis.core.specification import FREQUENCIES, LISTS, SINGLE, Specification
from analysis.core.wording import as_frame, errors_in_python, in_python

ORIGIN = "data frame"
CALLED = "estimate"


def estimate(frame: pd.DataFrame, estimator: str, *, seed: int = 1, **choices: object) -> pd.DataFrame:
    """Return the tidy table of one model: a row a term, in the columns of config/tables/estimate.yaml.

    `choices` are fields of the specification (outcome, unit, time, cohort, treatment, controls, cluster, ...: names of columns
    of `frame`, one or a list; `frequency`) and options of the estimator; `python -m analysis estimators NAME` lists both. The
    same names, seed and numbers as on the command line. What the data cannot identify is a row with its reason. How periods
    were read, and which rows were left out, stands in `.attrs["notes"]`.

    Raises BadOption for a choice that the estimator cannot use, UnknownName for an estimator, option or column that is not
    there, and DataError for a cell that cannot be read as its role needs. Rows are named by position from 0, and by their label in
    the index where that is another.
    """
    if not isinstance(frame, pd.DataFrame):
        raise BadOption(f"estimate takes a pandas data frame, not {type(frame).__name__}", "frame", frame, "a data frame")
    options = method_of(estimator, "estimator").options
    # Where a method has no use of a field and an option of its name (weights of a log-rank test), the option is meant.
    fields = {name: _columns(name, choices.pop(name)) for name in (*SINGLE, *LISTS) if name in choices and name not in options}
    frequency = str(choices.pop("frequency", ""))
    if frequency not in ("", *FREQUENCIES):
        message = f"frequency is '{frequency}'; it must be {', '.join(FREQUENCIES)}"
        raise BadOption(message, "frequency", frequency, FREQUENCIES)
    for name in choices:
        if name not in options:
            raise unknown(name, [*SINGLE, *LISTS, "frequency", *options], estimator, "argument")
    specification = replace(specified(estimator, seed, options=choices, frequency=frequency, **fields), name=CALLED)
    with errors_in_python(frame.index):
        table = table_of(as_frame(frame), specification, ORIGIN)
    table["reason"] = table["reason"].map(lambda reason: in_python(reason, frame.index), na_action="ignore")
    return table


def _columns(name: str, value: object) -> str | tuple[str, ...]:
    """Return the column or columns that a field names."""
    single = name in SINGLE
    listed = [value] if single or isinstance(value, str) else list(value) if isinstance(value, Iterable) else [value]
    columns = tuple(column for column in listed if isinstance(column, str))
    if len(columns) < len(listed):
        what = "the name of a column" if single else "names of columns"
        raise BadOption(f"{name} is {value!r}; it must be {what}", name, value, what)
    return columns[0] if single else columns


def specified(estimator: str, seed: int, **fields: Any) -> Specification:
    """Return the Specification of a model outside the study; its draws come from `seed` and the estimator's name."""
    return Specification(name="command line", estimator=estimator, seed=zlib.crc32(f"{seed} {estimator}".encode()), **fields)


def table_of(
    data: pd.DataFrame | Callable[[], pd.DataFrame], specification: Specification, origin: str, evidence: str = ""
) -> pd.DataFrame:
    """Return the Estimate table of `specification` on `data`, or on what it returns; `origin` fills the column `sample`.

    The data have the grade `evidence`, or that which a table says. Notes are in `attrs`.
    """
    method = method_of(specification.estimator)
    identity = {
        "model_id": "command",
        "outcome": specification.outcome or specification.duration or "none",
        "estimand": method.title,
        "estimator": specification.estimator,
        "sample": origin,
    }
    module = import_module(module_of("estimator", specification.estimator, "estimate"))
    sample: Sample | None = None
    notes: list[str] = []
    try:
        data = data() if callable(data) else data
        evidence = evidence or _evidence(data)
        sample = module.estimate.enter(data, specification)
        if not sample.calendar.is_plain:
            notes.append(f"periods are read as {sample.calendar.describe()}")
        rows = module.estimate.of(sample)
    except NotIdentified as error:
        rows = [refused("att", error.code, str(error)) | ({"incomplete": sample.left_out} if sample else {})]
    except np.linalg.LinAlgError as error:
        rows = [refused("att", "SINGULAR", f"a matrix could not be inverted ({error})")]
    table = complete(rows, identity | {"evidence": evidence}, contract())
    table.attrs["notes"] = [
        *notes,
        *(f"left out: {text}" for text in pd.concat([table["left_out"], table["incomplete"]]).dropna().unique() if text),
    ]
    return table


def _evidence(data: pd.DataFrame) -> str:
    """Return the grade of the data: simulated where a column `evidence` says so, else real."""
    marked = "evidence" in data and data["evidence"].astype(str).str.lower().eq("simulated").any()
    return "simulated" if marked or data.attrs.get("evidence") == "simulated" else "real"
