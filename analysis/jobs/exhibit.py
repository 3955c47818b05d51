"""Products → one figure, table or set of facts."""

from __future__ import annotations

import json
from importlib import import_module

from analysis.core.storage import write_text
from analysis.exhibits.display import Table, placeholder_figure, placeholder_table, save_figure, save_table
from analysis.exhibits.products import read_products


def draw(name: str, inputs: dict, sections: dict, paths: list[str]) -> None:
    """Draw figure `name` into the PDF, PNG and CSV (of what it shows) at `paths`."""
    tables, absent, evidence = read_products(inputs)
    module = import_module(f"analysis.exhibits.figures.{name}")
    figure = placeholder_figure(absent) if absent else module.draw(**tables, **sections)
    save_figure(figure, paths, evidence)


def layout(name: str, inputs: dict, sections: dict, paths: dict[str, str]) -> None:
    """Lay table `name` out as CSV (unrounded), TeX, HTML and JSON (for Typst)."""
    tables, absent, evidence = read_products(inputs)
    module = import_module(f"analysis.exhibits.tables.{name}")
    table = placeholder_table(absent) if absent else module.layout(**tables, **sections)
    if not isinstance(table, Table):
        raise TypeError(f"analysis/exhibits/tables/{name}.py: layout() must return a Table")
    save_table(table, paths, evidence)


def count(name: str, inputs: dict, sections: dict, path: str) -> None:
    """Write the facts that `name` counts: key → number or text; an absent product gives no facts but its reason."""
    tables, absent, evidence = read_products(inputs)
    module = import_module(f"analysis.exhibits.facts.{name}")
    values = {} if absent else module.count(**tables, **sections)
    write_text(json.dumps({"absent": absent, "evidence": evidence, "facts": values}, indent=1, sort_keys=True, default=float) + "\n", path)
