"""Canonical tables → one panel."""

from __future__ import annotations

from importlib import import_module

from analysis.core.blinding import permuted
from analysis.core.storage import absent_table, is_absent, read_table, write_table


def build(
    name: str, inputs: dict[str, str], settings: dict | None, contract: dict, path: str, labels: dict | None = None, seed: int | None = None
) -> None:
    """Build panel `name` from the tables at `inputs`; it is simulated if any of them is, absent if any is.

    With a `seed` the run is blind: tables in `labels` (table → how, see analysis/core/blinding.py) are permuted among units first.
    """
    tables = {label: read_table(source) for label, source in inputs.items()}
    reasons = " ".join(dict.fromkeys(filter(None, map(is_absent, tables.values()))))
    if reasons:
        write_table(absent_table(contract, reasons), path, contract)
        return
    if seed is not None:
        tables = permuted(tables, labels or {}, seed)
    evidence = "simulated" if any(t.attrs["evidence"] == "simulated" for t in tables.values()) else "real"
    module = import_module(f"analysis.panels.{name}")
    extra = {} if settings is None else {"settings": settings}
    write_table(module.build(**tables, **extra), path, contract, evidence)
