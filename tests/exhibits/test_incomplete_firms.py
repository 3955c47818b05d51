"""A reader's files that lack events, projects or fields: every model says why it has no number, every exhibit is drawn."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.core.catalogue import ingredients, modules
from analysis.core.comparisons import entries, kind_of, parts
from analysis.core.config import SECTIONS, outcomes_of
from analysis.core.rawfiles import files_of
from analysis.core.storage import absent_table, read_table, write_table
from analysis.jobs.build import build
from analysis.jobs.estimate import estimate
from analysis.jobs.exhibit import count, draw, layout
from analysis.sources.firm_notes import notes_of
from analysis.sources.firms.folder import read_folder
from tests.study import STUDY

MINIATURE = Path(__file__).parent.parent / "sources" / "firms" / "miniature"
CONTRACTS = STUDY["contracts"]
RAW = STUDY["raw"]["firm_files"]
PANELS = ("firm_panel", "project_spells", "project_intervals", "issue_histories")
STATISTICS = pd.DataFrame({"province": ["Guangdong", "Jiangsu"], "region": ["East", "East"], "year": [2020, 2020]})


@pytest.mark.parametrize(("adapter", "without"), [("csmar", ""), ("template", "projects.csv"), ("template", "events.csv"), ("cordip", "")])
def test_nothing_crashes_and_nothing_is_made_up(tmp_path, adapter, without):
    shutil.copytree(MINIATURE / adapter, tmp_path / "firms")
    (tmp_path / "firms" / without).unlink() if without else None
    files = products(tmp_path)
    estimates = {}
    for name, specification in STUDY["specifications"].items():
        if specification["panel"] not in PANELS:
            continue
        for outcome in outcomes_of(specification):
            path = str(tmp_path / f"{name}-{outcome}.parquet")
            settings = specification | {
                "options": {k: v for k, v in specification.get("options", {}).items() if k not in ("honest", "draws")}
            }
            estimate(name, settings, outcome, STUDY["outcomes"].get(outcome), files[specification["panel"]], CONTRACTS["estimate"], path)
            table = read_table(path)
            assert (table["estimate"].notna() | table["reason"].notna()).all(), name
            estimates.setdefault(name, []).append(path)
    exhibited(tmp_path, files, estimates)


def products(folder) -> dict[str, str]:
    """Write the canonical tables and panels of the files; return product → path."""
    reading = read_folder(files_of(folder / "firms"), RAW["adapters"], RAW["tables"])
    tables = reading.tables | {"firm_notes": notes_of(reading), "true_effects": absent_table(CONTRACTS["true_effects"], "")}
    files = {name: str(folder / f"{name}.parquet") for name in (*tables, *PANELS)}
    for name, table in tables.items():
        write_table(table, files[name], CONTRACTS[name])
    files["province_statistics"] = str(folder / "statistics.parquet")
    statistics = STATISTICS.copy()
    statistics.attrs = {"evidence": "real", "absent": ""}
    statistics.to_parquet(files["province_statistics"])
    for name in PANELS:
        inputs = {part: files[part] for part in ingredients("panel", name) if part != "settings"}
        build(name, inputs, STUDY["panels"][name]["settings"], CONTRACTS[name], files[name])
    return files


def exhibited(folder, files, estimates) -> None:
    """Make every exhibit and every fact that rests on the firms alone."""
    made = 0
    exhibits = STUDY["exhibits"]
    made_of = {kind: [name for name in exhibits if kind_of(exhibits, name) == kind] for kind in ("table", "figure")}
    for kind, names in {**made_of, "facts": modules("facts")}.items():
        for name in names:
            wanted = [part for part in parts(STUDY, kind, name) if part not in SECTIONS]
            if not wanted or not set(wanted) <= set(files) | set(estimates):
                continue
            inputs = {part: estimates.get(part) or files[part] for part in wanted}
            sections = {part: STUDY[part] for part in parts(STUDY, kind, name) if part in SECTIONS} | entries(STUDY, kind, name)
            if kind == "table":
                layout(name, inputs, sections, {form: str(folder / f"{name}.{form}") for form in ("csv", "tex", "html", "json")})
            elif kind == "figure":
                draw(name, inputs, sections, [str(folder / f"{name}.png")])
            else:
                count(name, inputs, sections, str(folder / f"{name}.json"))
            made += 1
    assert made >= 15


def test_a_control_that_is_blank_for_everybody_goes_and_the_row_says_so(tmp_path):
    rng = np.random.default_rng(1)
    rows = [(f"f{i}", t, 0 if i % 3 else 2016, f"c{i % 30}") for i in range(300) for t in range(2013, 2020)]
    panel = pd.DataFrame(rows, columns=["firm_id", "year", "cohort", "cluster"])
    size = pd.Series(rng.normal(size=300), index=[f"f{i}" for i in range(300)])
    panel = panel.assign(cohort=panel["cohort"].replace(0, pd.NA).astype("Int64"), base_log_assets=panel["firm_id"].map(size))
    panel["rd"] = np.exp(rng.normal(size=len(panel)))
    panel = panel.assign(new_energy=pd.array([pd.NA] * len(panel), dtype="boolean"), observed_before=True)
    settings = STUDY["specifications"]["firm_att"] | {"controls": ["base_log_assets", "new_energy"], "unit": "firm_id", "time": "year"}
    panel.attrs = {"evidence": "real", "absent": ""}
    panel.to_parquet(tmp_path / "panel.parquet")
    path = str(tmp_path / "out.parquet")
    estimate("firm_att", settings, "firm_rd", STUDY["outcomes"]["firm_rd"], str(tmp_path / "panel.parquet"), CONTRACTS["estimate"], path)
    row = read_table(path).iloc[0]
    assert row["term"] == "att" and pd.notna(row["estimate"]) and row["n_obs"] == len(panel)
    assert row["left_out"].endswith("new_energy (blank in every row)")
