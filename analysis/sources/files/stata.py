"""Stata files: value labels are names where names are needed, numbers elsewhere; .a to .z are missing; dates are dates."""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd

from analysis.core.errors import DataError, violation
from analysis.sources.files.lines import Lines
from analysis.sources.files.source import Source


def open_stata(path: Path) -> Source:
    """Return a Stata file as a Source."""
    with pd.io.stata.StataReader(path, convert_categoricals=False) as reader:
        header, labelled = list(reader.variable_labels()), bool(reader.value_labels())
    notes = []

    def take(positions: list[int], names: set[int]) -> tuple[list[pd.Series], Lines]:
        chosen = [header[position] for position in positions]
        table = _read(path, chosen, labels=False)
        named = [header[position] for position in positions if position in names]
        if labelled:
            _check_numbers(path, table, [name for name in chosen if name not in named])
        labels = _labelled(path, named) if named else {}
        for name in labels:
            kept = _one_name_each(table[name], labels[name])
            if kept is None:
                notes.append(f"column '{name}': several values share a label; the numbers are read, not the labels")
            else:
                table[name] = kept
        return [table[name] for name in chosen], Lines.following(2, len(table))

    return Source(header=header, take=take, facts={"format": "Stata"}, notes=notes)


def _read(path: Path, columns: list[str], labels: bool) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values without a label, which stay numbers
        return pd.read_stata(path, columns=columns, convert_categoricals=labels)


def _labelled(path: Path, columns: list[str]) -> dict[str, pd.Series | None]:
    """Return the labels of each labelled column; None where two values share one."""
    found = {}
    for name in columns:
        try:
            values = _read(path, [name], labels=True)[name]
        except ValueError:  # labels that are not unique
            found[name] = None
            continue
        if isinstance(values.dtype, pd.CategoricalDtype):
            found[name] = values.astype(object)
    return found


def _check_numbers(path: Path, table: pd.DataFrame, columns: list[str]) -> None:
    """Raise DataError where the labels of a column of numbers are other numbers, as where a program numbered the levels of a category."""
    for name, values in _labelled(path, columns).items():
        labels = None if values is None else values[values.map(lambda value: isinstance(value, str))]
        if labels is None or labels.empty or (said := pd.to_numeric(labels, errors="coerce")).isna().any():
            continue
        other = said != table.loc[labels.index, name].astype(float)
        if other.any():
            row = int(other.idxmax())
            rule = (
                f"a value label says {labels[row]} here: nobody could tell which number is meant; drop the labels, or make them the values"
            )
            raise DataError(violation(path, rule, row=row + 2, column=name, value=f"{table[name][row]:g}"))


def _one_name_each(codes: pd.Series, labels: pd.Series | None) -> pd.Series | None:
    """Return the labels as text if they tell the codes apart, else None."""
    if labels is None:
        return None
    text = labels.map(lambda label: label if isinstance(label, str) else str(label).removesuffix(".0"), na_action="ignore")
    return text if text.nunique() == codes.nunique() else None
