"""A first column map for a table that no map knows, to be edited: which column may fill which field."""

from __future__ import annotations

import difflib
from pathlib import Path

from analysis.core.errors import DataError
from analysis.sources.firms.grid import Grid
from analysis.sources.firms.headings import heading_of, plain
from analysis.sources.firms.layouts import columns_of
from analysis.sources.firms.nearest import fullest
from analysis.sources.firms.opening import tables_of

CLOSE = 0.75


def draft(path: Path, adapters: dict[str, dict], contract: dict) -> str:
    """Return the text of a map for the first table of `path`. Raises DataError where the file holds none."""
    found = next(iter(tables_of(path, path.name, set())))
    if not isinstance(found, Grid):
        raise DataError(str(found))
    _, cells = fullest(found)
    headings = {cell.strip(): heading_of(cell, years=True) for cell in cells if cell.strip()}
    wide = sum(bool(heading.year) for heading in headings.values()) > 1
    items = {heading.item if wide else name: name for name, heading in headings.items()}
    chosen = {field: item for field in contract["columns"] if (item := _column(field, items, adapters)) is not None}
    return "\n".join(_lines(path, contract, items, chosen, wide)) + "\n"


def _column(field: str, items: dict[str, str], adapters: dict[str, dict]) -> str | None:
    """Return the column that a known map reads for the field, or one whose name is close to the field's."""
    known = {plain(field)}
    for adapter in adapters.values():
        for layout in adapter["tables"].values():
            for name in columns_of(layout.get("columns", {}).get(field, {})):
                known |= {plain(spelling) for spelling in (name, *layout.get("also_called", {}).get(name, []))}
    bare = {plain(heading_of(item, years=False).item): item for item in items}
    exact = next((bare[name] for name in bare if name in known), None)
    close = difflib.get_close_matches(plain(field), bare, n=1, cutoff=CLOSE)
    return exact or (bare[close[0]] if close else None)


def _lines(path: Path, contract: dict, items: dict[str, str], chosen: dict[str, str], wide: bool) -> list[str]:
    rules = contract["columns"]
    required = [name for name, rule in rules.items() if rule.get("required") and name != "source"]
    asked = [chosen[name] for name in required if name in chosen] or list(items)[:3]
    lines = [
        f"# A draft for {path.name}: check each column and its unit (money is in million: scale 1.0e-6 turns units into it).",
        "# docs/extend.md is the reference of this language. Save it in config/sources/firms/ under a name of its own.",
        f"title: {_quoted(path.stem)}",
        "citation: Where the table comes from",
        "licence: The reader's; never committed",
        "precedence: 9",
        "tables:",
        "  accounts:",
        "    fills: firm_accounts",
        f"    header_has: [{', '.join(map(_quoted, dict.fromkeys(asked)))}]",
        *(["    wide: true"] if wide else []),
        "    columns:",
    ]
    for name in required:
        if name in chosen:
            lines.append(f"      {name}: {_rule(name, chosen[name])}")
        elif name == "year" and wide:
            lines.append("      year: {from: (year), take: year}")
        else:
            lines.append(f"      {name}: {'{constant: CNY}' if name == 'currency' else '{from: }'}  # no column is like it: fill in")
    lines += [f"      {name}: {_rule(name, column, rules[name].get('unit'))}" for name, column in chosen.items() if name not in required]
    unused = [item for item in items if item not in chosen.values()]
    return lines + ([f"# not used: {', '.join(unused)}"] if unused else [])


def _rule(name: str, column: str, unit: str | None = None) -> str:
    extra = ", take: year" if name == "year" else ", scale: 1" if unit == "million" else ""
    return f"{{from: {_quoted(column)}{extra}}}"


def _quoted(text: str) -> str:
    plain_enough = text.replace("_", "").replace(" ", "").isalnum() and not text[0].isdigit()
    return text if plain_enough else '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
