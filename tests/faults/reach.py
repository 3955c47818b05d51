"""What a changed raw file changes for estimates: sources and panels are made again in memory, and what specifications read compared."""

from __future__ import annotations

from functools import cache
from importlib import import_module

import pandas as pd

from analysis.core import rawfiles
from analysis.core.catalogue import ROOT, ingredients, modules
from analysis.core.config import load
from analysis.core.contracts import check
from analysis.core.paths import file_of
from analysis.core.storage import absent_table, is_absent, read_table

KINDS = {"source": "clean", "panel": "build"}


@cache
def study() -> dict:
    return load()


@cache
def as_it_is(kind: str, name: str) -> pd.DataFrame:
    """Return a raw table, source or panel from the files as committed; one of the simulated cohort is read where it was made."""
    if kind == "raw":
        return rawfiles.load(study()["raw"][name])
    made_of = ingredients(kind, name)
    if kind == "source":
        about = [study()["raw"][raw] for raw in made_of]
        if any(map(rawfiles.is_simulated, about)):
            path = ROOT / file_of("source", name)
            return read_table(path) if path.exists() else absent_table(study()["contracts"][name], "the simulated cohort is not built")
        if reason := " ".join(filter(None, map(rawfiles.missing, about))):
            return absent_table(study()["contracts"][name], reason)
    return made(kind, name, {})


def made(kind: str, name: str, changed: dict[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
    """Return a source or panel made with the `changed` tables in place of those as committed, held to its contract."""
    inputs = {}
    for label in ingredients(kind, name):
        if label == "settings":
            inputs[label] = study()["panels"].get(name, {}).get("settings", {})
            continue
        level = "raw" if kind == "source" else "panel" if label in modules("panel") else "source"
        table = changed.get((level, label))
        inputs[label] = as_it_is(level, label) if table is None else table
    reasons = [is_absent(table) for table in inputs.values() if isinstance(table, pd.DataFrame) and is_absent(table)]
    contract = study()["contracts"][name]
    if reasons:
        return absent_table(contract, reasons[0])
    tables = {label: table.copy() if isinstance(table, pd.DataFrame) else table for label, table in inputs.items()}
    found = getattr(import_module(f"analysis.{kind}s.{name}"), KINDS[kind])(**tables)
    return check(found, contract, name, first_row=0).sort_values(contract["key"], kind="stable", ignore_index=True)


def downstream(raw: str, table: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """Return every source and panel that differs with `table` in place of a raw file; raise DataError where one is refused on the way."""
    changed = {("raw", raw): table}
    pending = [(kind, name) for kind in KINDS for name in _in_order(kind)]
    for kind, name in pending:
        needs = {
            ("raw", label) if kind == "source" else (level, label) for label in ingredients(kind, name) for level in ("source", "panel")
        }
        if needs & changed.keys() and not is_absent(as_it_is(kind, name)):
            new = made(kind, name, changed)
            if not new.equals(as_it_is(kind, name)):
                changed[kind, name] = new
    return changed


def _in_order(kind: str) -> list[str]:
    """Return the products of a kind, each after those it is made from."""
    order: list[str] = []

    def visit(name: str) -> None:
        for label in ingredients(kind, name):
            if label in modules(kind) and label != name:
                visit(label)
        if name not in order:
            order.append(name)

    for name in modules(kind):
        visit(name)
    return order


@cache
def readers() -> dict[str, dict[str, set[str]]]:
    """Return table → column → specifications and curves that may read it: every column whose name one of their settings holds."""
    found: dict[str, dict[str, set[str]]] = {}
    for block in ("specifications", "specification_curves"):
        for name, settings in study()[block].items():
            table = settings["panel"]
            for word in _words(settings) & set(study()["contracts"][table]["columns"]):
                found.setdefault(table, {}).setdefault(word, set()).add(name)
    return found


def _words(value: object) -> set[str]:
    """Return every text in a setting, and the columns of every outcome that it names."""
    if isinstance(value, dict):
        return set().union(*map(_words, value), *map(_words, value.values()))
    if isinstance(value, list):
        return set().union(*map(_words, value))
    outcome = study()["outcomes"].get(value) if isinstance(value, str) else None
    return {str(value)} | ({str(outcome["column"])} if outcome else set())


def reached(raw: str, table: pd.DataFrame) -> set[str]:
    """Return the specifications that would read another number with `table` in place of raw file `raw`.

    Rows outside their sample count too, so that none is overlooked. Raises DataError where the table is refused on the way.
    """
    found: set[str] = set()
    changed = downstream(raw, table)
    for (_, name), new in changed.items():
        old = as_it_is("panel" if name in modules("panel") else "source", name) if name in readers() else None
        for column, specifications in readers().get(name, {}).items():
            if len(new) != len(old) or not new[column].equals(old[column]):
                found |= specifications
    return found
