"""SIMULATED. The whole path of the firm study (simulate, clean, build, estimate, read) under every preset of the parameters.

With no effect, half of the claimed ones, the claimed ones and their opposite, the rule must read the true effects.
"""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path

import pandas as pd

from analysis.core.estimation import estimated
from analysis.core.rawfiles import RawFiles, load
from analysis.core.storage import read_table, write_table
from analysis.simulations.cohort.cohort import write
from analysis.simulations.recoveries import recoveries

# Panels that the firm tests of the claims rest on, and what each is built from.
PANELS = {
    "firm_panel": ("firm_accounts", "financing_events", "province_statistics"),
    "project_spells": ("projects", "financing_events", "firm_accounts"),
    "issue_histories": ("firm_accounts", "financing_events"),
}


def check(
    province_statistics: pd.DataFrame,
    simulation: dict,
    claims: dict,
    specifications: dict,
    outcomes: dict,
    panels: dict,
    contracts: dict,
    raw: dict,
) -> pd.DataFrame:
    """Return the rows of `recoveries` for each preset, from a cohort of `presets_firms` firms."""
    tables = []
    for preset in simulation["presets"]:
        settings = simulation | {"preset": preset, "firms": simulation["presets_firms"]}
        with tempfile.TemporaryDirectory() as folder:
            table = _run(Path(folder), settings, province_statistics, claims, specifications, outcomes, panels, contracts, raw)
        tables.append(table.assign(preset=preset))
    result = pd.concat(tables, ignore_index=True).astype({"preset": "string"})
    result.attrs = {"evidence": "simulated"}
    return result


def _run(
    folder: Path,
    settings: dict,
    province_statistics: pd.DataFrame,
    claims: dict,
    specifications: dict,
    outcomes: dict,
    panels: dict,
    contracts: dict,
    raw: dict,
) -> pd.DataFrame:
    write(settings, load(raw["first_issues_by_city"]), load(raw["province_list"]), folder)
    _clean(folder, raw, contracts)
    write_table(province_statistics, folder / "province_statistics.parquet", contracts["province_statistics"])
    built = {name: _panel(name, folder, panels[name].get("settings", {}), contracts[name]) for name in PANELS}
    estimates: dict[str, dict[str, pd.DataFrame]] = {}
    for test in (test for claim in claims.values() for test in claim.get("firms", [])):
        model, outcome = test["from"], test.get("outcome", "none")
        if outcome not in estimates.setdefault(model, {}):
            specification = specifications[model]
            panel = built[specification["panel"]]
            estimates[model][outcome] = estimated(panel, model, specification, outcome, outcomes.get(outcome), contracts["estimate"])
    joined = {model: pd.concat(parts.values(), ignore_index=True) for model, parts in estimates.items()}
    truth = read_table(folder / "truth.parquet")
    return recoveries(claims, specifications, outcomes, joined, truth, contracts["recoveries"])


def _panel(name: str, folder: Path, settings: dict, contract: dict) -> pd.DataFrame:
    """Return a panel as the study would read it: checked against its contract and sorted by key."""
    tables = {ingredient: read_table(folder / f"{ingredient}.parquet") for ingredient in PANELS[name]}
    path = folder / f"{name}.parquet"
    write_table(import_module(f"analysis.panels.{name}").build(**tables, settings=settings), path, contract, "simulated")
    return read_table(path)


def _clean(folder: Path, raw: dict, contracts: dict) -> None:
    from analysis.sources.firms.folder import TABLES, read_folder

    files = {name: folder / f"{name}.parquet" for name in TABLES}
    about = RawFiles(files, raw["firm_files"]).contract
    reading = read_folder(list(files.values()), about["adapters"], about["tables"])
    for name in TABLES:
        write_table(reading.tables[name], folder / f"{name}.parquet", contracts[name], "simulated")
