"""Raw files → one canonical table."""

from __future__ import annotations

from importlib import import_module

from analysis.core.rawfiles import is_simulated, load, missing
from analysis.core.storage import absent_table, write_table


def clean(name: str, raw: dict[str, dict], contract: dict, path: str) -> None:
    """Clean source `name` from its `raw` contracts into `path`; an absent raw file leaves a table that says so."""
    reasons = " ".join(filter(None, (missing(raw_contract) for raw_contract in raw.values())))
    if reasons:
        write_table(absent_table(contract, "" if contract.get("optional") else reasons), path, contract)
        return
    module = import_module(f"analysis.sources.{name}")
    evidence = "simulated" if any(map(is_simulated, raw.values())) else "real"
    write_table(module.clean(**{label: load(raw_contract) for label, raw_contract in raw.items()}), path, contract, evidence)
