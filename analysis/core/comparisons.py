"""Exhibits that list specifications: entries of the configuration, drawn by the few modules that know how.

An entry of paper/exhibits.yaml with `drawn_by` names a module of analysis/exhibits/{figures,tables}/listed and the products that it lists.
A set of facts that takes such an exhibit for an argument counts the same products, so that a line added to the entry comes into
the table and into the text's facts at once. Everything else is wired by the arguments of its function (analysis.core.catalogue).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from analysis.core.catalogue import ingredients, modules

# What a module of a listed exhibit calls its entry with the tables that it lists.
ARGUMENT = "comparison"
# Keys of an entry, or of a row of it, that name products.
LISTING = ("rows", "below", "from", "main", "joint", "families", "curves", "estimators")


# Other keys of an entry that say how it is drawn; the rest is printed beside it.
DRAWING = ("drawn_by", "outcomes_of", "inference", "second", "overall", "columns", "truth_of", "units", "treated", "region_of")


@dataclass(frozen=True)
class Comparison:
    """An entry of the configuration, and the products that it lists: name → table."""

    entry: dict
    tables: dict[str, pd.DataFrame]


def is_listed(entry: object) -> bool:
    """Return whether an entry of `exhibits` is drawn from what it lists."""
    return isinstance(entry, dict) and "drawn_by" in entry


def listed(exhibits: dict[str, dict]) -> dict[str, dict]:
    """Return the entries that list what they are drawn from."""
    return {name: entry for name, entry in exhibits.items() if is_listed(entry)}


def caption(entry: dict) -> dict:
    """Return what is printed beside an exhibit, and how it is set: title, note, alternative text, size."""
    return {key: value for key, value in entry.items() if key not in (*LISTING, *DRAWING)}


def whole(exhibits: dict[str, dict]) -> dict[str, dict]:
    """Return the entries with the name of another listed exhibit, where one is listed, replaced by that one's rows."""
    return {name: {key: _whole(value, exhibits) if key in LISTING else value for key, value in e.items()} for name, e in exhibits.items()}


def _whole(value: object, exhibits: dict) -> object:
    if isinstance(value, dict):
        return {key: _rows(one, exhibits) if isinstance(one, str) else _whole(one, exhibits) for key, one in value.items()}
    return value


def _rows(name: str, exhibits: dict) -> object:
    entry = exhibits.get(name, {})
    return list(_named(entry["rows"])) if "rows" in entry else name


def products_of(entry: dict) -> list[str]:
    """Return the products that an entry lists, each once, in its order."""
    return list(dict.fromkeys(name for key in LISTING if key in entry for name in _named(entry[key])))


def _named(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _named(one)
    elif isinstance(value, dict):
        row = [value[key] for key in LISTING if key in value]
        for one in row or value.values():
            yield from _named(one)


def kind_of(exhibits: dict[str, dict], name: str) -> str:
    """Return whether an exhibit is a figure or a table."""
    module = exhibits[name].get("drawn_by") if name in exhibits else None
    figures = modules("listed figure") if module else modules("figure")
    return "figure" if (module or name) in figures else "table"


def made_by(exhibits: dict[str, dict], kind: str, name: str) -> tuple[str, str]:
    """Return kind and name of the module that makes product `name` of a kind: its own, or that of a listed exhibit."""
    if kind in ("figure", "table") and is_listed(exhibits.get(name)):
        return f"listed {kind}", exhibits[name]["drawn_by"]
    return kind, name


def parts(study: dict, kind: str, name: str) -> tuple[str, ...]:
    """Return what product `name` of a kind is made from: products and sections of the configuration, by name."""
    lists, found = entries(study, kind, name), []
    for argument in ingredients(*made_by(study["exhibits"], kind, name)):
        found += products_of(lists[argument]) if argument in lists else [argument]
    return tuple(dict.fromkeys(found))


def entries(study: dict, kind: str, name: str) -> dict[str, dict]:
    """Return argument → entry, for the arguments of product `name` that are listed exhibits."""
    exhibits, taken = study["exhibits"], {**study["specifications"], **study["specification_curves"]}
    arguments = ingredients(*made_by(exhibits, kind, name))
    found = {one: exhibits[one] for one in arguments if one not in taken and is_listed(exhibits.get(one))}
    return found | ({ARGUMENT: exhibits[name]} if ARGUMENT in arguments else {})
