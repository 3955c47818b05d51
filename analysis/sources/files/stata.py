"""Stata files: value labels are names where names are needed, numbers elsewhere; .a to .z are missing; dates are dates."""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd

from analysis.sources.files.lines import Lines
from analysis.sources.files.source import Source


def open_stata(path: Path) -> Source:
    """Return a Stata file as a Source."""
    with pd.io.stata.StataReader(path, convert_categoricals=False) as reader:
        header = list(reader.variable_labels())
    notes = []

    def take(positions: list[int], names: set[int]) -> tuple[list[pd.Series], Lines]:
        chosen = [header[position] for position in positions]
        table = _read(path, chosen, labels=False)
        named = [header[position] for position in positions if position in names]
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


def _one_name_each(codes: pd.Series, labels: pd.Series | None) -> pd.Series | None:
    """Return the labels as text if they tell the codes apart, else None."""
    if labels is None:
        return None
    text = labels.map(lambda label: label if isinstance(label, str) else str(label).removesuffix(".0"), na_action="ignore")
    return text if text.nunique() == codes.nunique() else None
