"""Products → one figure, table or set of facts."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from inspect import signature
from types import ModuleType
from typing import Any

from analysis.core.comparisons import ARGUMENT, Comparison, is_listed, products_of
from analysis.core.rawfiles import briefly
from analysis.core.storage import write_text
from analysis.exhibits.display import Table, placeholder_figure, placeholder_table, save_figure, save_table
from analysis.exhibits.products import read_products, refused_estimates


def draw(name: str, inputs: dict, sections: dict, paths: list[str]) -> None:
    """Draw figure `name` into the PDF, PNG and CSV (of what it shows) at `paths`."""
    tables, absent, evidence = read_products(inputs)
    module = _module("figures", name, sections)
    refused = refused_estimates(tables)
    why = f"data absent, {briefly(absent)}" if absent else f"no estimate. {refused}" if refused else ""
    figure = placeholder_figure(why) if why else _called(module.draw, tables, sections)
    save_figure(figure, paths, evidence)


def layout(name: str, inputs: dict, sections: dict, paths: dict[str, str]) -> None:
    """Lay table `name` out as CSV (unrounded), TeX, HTML and JSON (for Typst)."""
    tables, absent, evidence = read_products(inputs)
    module = _module("tables", name, sections)
    table = placeholder_table(briefly(absent)) if absent else _called(module.layout, tables, sections)
    if not isinstance(table, Table):
        raise TypeError(f"{module.__name__}: layout() must return a Table")
    save_table(table, paths, evidence)


def count(name: str, inputs: dict, sections: dict, path: str) -> None:
    """Write the facts that `name` counts: key → number or text; an absent product gives no facts but its reason."""
    tables, absent, evidence = read_products(inputs)
    module = import_module(f"analysis.exhibits.facts.{name}")
    values = {} if absent else _called(module.count, tables, sections)
    write_text(json.dumps({"absent": absent, "evidence": evidence, "facts": values}, indent=1, sort_keys=True, default=float) + "\n", path)


def _module(folder: str, name: str, sections: dict) -> ModuleType:
    """Return the module that makes an exhibit: its own, or the one that draws what its entry lists."""
    own = f"listed.{sections[ARGUMENT]['drawn_by']}" if ARGUMENT in sections else name
    return import_module(f"analysis.exhibits.{folder}.{own}")


def _called(function: Callable, tables: dict, sections: dict) -> Any:
    """Return what `function` makes of what its arguments name; an entry that lists products comes with their tables."""
    lists = {label: Comparison(entry, {n: tables[n] for n in products_of(entry)}) for label, entry in sections.items() if is_listed(entry)}
    given = tables | sections | lists
    return function(**{name: given[name] for name in signature(function).parameters})
