"""Products → one figure, table or set of facts."""

from __future__ import annotations

import json
from importlib import import_module

import pandas as pd

from analysis.core.storage import is_absent, read_table, write_text
from analysis.exhibits.display import Table, placeholder_figure, placeholder_table, save_figure, save_table


def read_products(inputs: dict[str, str | list[str]]) -> tuple[dict[str, pd.DataFrame], str, str]:
    """Return the tables by name, why any of them is absent, and the weakest evidence among them.

    A list of paths (the outcomes of one specification) becomes one table.
    """
    tables, reasons, evidence = {}, {}, "real"
    for name, paths in inputs.items():
        parts = [read_table(path) for path in ([paths] if isinstance(paths, str) else list(paths))]
        tables[name] = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
        for part in parts:
            evidence = "simulated" if part.attrs["evidence"] == "simulated" else evidence
            reasons.update(dict.fromkeys(filter(None, [is_absent(part), absent_estimates(part)])))
    return tables, " ".join(reasons), evidence


def absent_estimates(table: pd.DataFrame) -> str:
    """Return the reason when every row of an Estimate table is missing for want of data."""
    if "reason" in table and len(table) and table["reason"].fillna("").str.startswith("ABSENT: ").all():
        return table["reason"].iloc[0].removeprefix("ABSENT: ")
    return ""


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
