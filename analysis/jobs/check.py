"""Products and configuration → what a check found."""

from __future__ import annotations

from importlib import import_module

from analysis.core.storage import read_table, write_table


def check(name: str, inputs: dict[str, str], sections: dict, contract: dict, path: str) -> None:
    """Run check `name`. Tables whose data are absent are handed over as they are: a check says itself what it lacks."""
    tables = {label: read_table(source) for label, source in inputs.items()}
    found = import_module(f"analysis.validation.{name}").check(**tables, **sections)
    write_table(found, path, contract, found.attrs.get("evidence", "real"))
