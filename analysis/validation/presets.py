"""SIMULATED. The whole path of the firm study (simulate, clean, build, estimate, read) under every preset of the parameters.

With no effect, half of the claimed ones, the claimed ones and their opposite, the rule must read the true effects.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd

from analysis.core.rawfiles import RawFiles
from analysis.core.storage import read_table, write_table
from analysis.jobs.build import build
from analysis.jobs.estimate import estimate
from analysis.jobs.judge import recoveries
from analysis.jobs.simulate import simulate

# Panels that the firm tests of the claims rest on, and what each is built from.
PANELS = {
    "firm_panel": ("firm_accounts", "financing_events", "province_statistics"),
    "project_spells": ("projects", "financing_events", "firm_accounts"),
    "issue_histories": ("firm_accounts", "financing_events"),
}


def check(province_statistics, simulation, claims, specifications, outcomes, panels, contracts, raw):
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


def _run(folder, settings, province_statistics, claims, specifications, outcomes, panels, contracts, raw) -> pd.DataFrame:
    simulate(settings, raw, folder)
    _clean(folder, raw, contracts)
    write_table(province_statistics, folder / "province_statistics.parquet", contracts["province_statistics"])
    for name, ingredients in PANELS.items():
        inputs = {ingredient: str(folder / f"{ingredient}.parquet") for ingredient in ingredients}
        build(name, inputs, panels[name].get("settings", {}), contracts[name], str(folder / f"{name}.parquet"))
    estimates: dict[str, list[pd.DataFrame]] = {}
    for test in (test for claim in claims.values() for test in claim.get("firms", [])):
        model, outcome = test["from"], test.get("outcome", "none")
        path = folder / f"{model}-{outcome}.parquet"
        if not path.exists():
            specification = specifications[model]
            panel = str(folder / f"{specification['panel']}.parquet")
            estimate(model, specification, outcome, outcomes.get(outcome), panel, contracts["estimate"], str(path))
            estimates.setdefault(model, []).append(read_table(path))
    joined = {model: pd.concat(parts, ignore_index=True) for model, parts in estimates.items()}
    truth = read_table(folder / "truth.parquet")
    return recoveries(claims, specifications, outcomes, joined, truth, contracts["recoveries"])


def _clean(folder: Path, raw: dict, contracts: dict) -> None:
    from analysis.sources.firms.folder import TABLES, read_folder

    files = {name: folder / f"{name}.parquet" for name in TABLES}
    about = RawFiles(files, raw["firm_files"]).contract
    reading = read_folder(list(files.values()), about["adapters"], about["tables"])
    for name in TABLES:
        write_table(reading.tables[name], folder / f"{name}.parquet", contracts[name], "simulated")
