"""Columns that a table takes over from another table or from a raw file, so that type, unit and bounds are said once.

A contract that `inherits` from others takes from the first of them that has it every column of its own for which it says no
type. What it says of such a column narrows it: another description, fewer values, closer bounds; it cannot widen it.
"""

from __future__ import annotations

from typing import Any

from analysis.core.errors import ConfigError, unknown

# What a column that is taken over may not say anew.
FIXED = ("type", "unit", "pattern")


def resolved(contracts: dict[str, dict]) -> dict[str, dict]:
    """Return the contracts, tables and raw files by name, with every column whole and in the order of its own table.

    Raises ConfigError for a circle and for what would widen a column, UnknownName with the nearest valid names.
    """
    found: dict[str, dict] = {}
    for name in contracts:
        _resolve(name, contracts, found, ())
    return found


def _resolve(name: str, contracts: dict[str, dict], found: dict[str, dict], heirs: tuple[str, ...]) -> dict:
    if name in heirs:
        raise ConfigError(f"{_place(heirs[0])}: inherits in a circle: {' → '.join((*heirs, name))}")
    if name not in found:
        contract = contracts[name]
        given = contract.get("inherits", [])
        parents = {}
        for parent in [given] if isinstance(given, str) else given:
            if parent not in contracts:
                raise unknown(parent, contracts, f"{_place(name)}: inherits", "table")
            parents[parent] = _resolve(parent, contracts, found, (*heirs, name)).get("columns", {})
        kept = {key: value for key, value in contract.items() if key != "inherits"}
        if "columns" in contract:
            kept["columns"] = {column: _column(name, column, rule or {}, parents) for column, rule in contract["columns"].items()}
        found[name] = kept
    return found[name]


def _column(name: str, column: str, rule: dict, parents: dict[str, dict]) -> dict:
    """Return the whole rule of a column: its own, or its parent's as narrowed."""
    if "type" in rule:
        if "description" not in rule:
            raise ConfigError(f"{_place(name)}: column '{column}' has no description")
        return rule
    inherited = next((columns[column] for columns in parents.values() if column in columns), None)
    if inherited is None:
        if parents:
            offered = {other for columns in parents.values() for other in columns}
            raise unknown(column, offered, f"{_place(name)}: says no type and inherits from {', '.join(parents)}", "column")
        raise ConfigError(f"{_place(name)}: column '{column}' has no type, and the table inherits from none")
    wider = [key for key, value in rule.items() if not _narrows(key, value, inherited)]
    if wider:
        raise ConfigError(f"{_place(name)}: column '{column}': {', '.join(wider)} would widen what it inherits; say its type anew")
    return {**inherited, **rule}


def _narrows(key: str, value: Any, inherited: dict) -> bool:
    """Return whether `value` of a column's rule allows no more than the inherited one."""
    old = inherited.get(key)
    if key == "description":
        return True
    if key in FIXED or old is None:
        return old is None
    if key == "allowed":
        return set(value) <= set(old)
    if key in ("minimum", "above"):
        return value >= old
    return value <= old if key == "maximum" else bool(value)


def _place(name: str) -> str:
    return f"contract of {name} (config/tables, config/sources)"
