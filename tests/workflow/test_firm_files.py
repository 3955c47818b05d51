"""A reader's own firm files in the DAG: real evidence, no mark, no truth; a wrong row stops it with its place."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

MINIATURE = Path(__file__).parent.parent / "sources" / "firms" / "miniature"


def run(copy, data, *targets):
    command = [sys.executable, "-m", "snakemake", "--force-use-threads", "--cores", "2", *targets]
    environment = os.environ | {"IPS_DATA": str(data)}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Return a folder with firm files of a reader: the template's and CSMAR's."""
    folder = tmp_path_factory.mktemp("own")
    for name in ("template", "csmar"):
        shutil.copytree(MINIATURE / name, folder / "firms" / name)
    return folder


def test_the_study_runs_on_them_and_nothing_says_simulated(scratch_copy, own):
    # As for a reader who ran the study once before bringing files: the true effects must go.
    before = run(scratch_copy, own / "nothing", "data/processed/sources/true_effects.parquet")
    assert before.returncode == 0, before.stdout + before.stderr
    effects = scratch_copy / "data/processed/sources/true_effects.parquet"
    assert len(pd.read_parquet(effects)) and pd.read_parquet(effects).attrs["evidence"] == "simulated"
    targets = ["paper/tables/firms_flow.json", "paper/tables/firms_refinancing.json", "data/processed/recoveries.parquet"]
    done = run(scratch_copy, own, *targets)
    assert done.returncode == 0, done.stdout + done.stderr
    assert pd.read_parquet(effects).empty
    accounts = pd.read_parquet(scratch_copy / "data/processed/sources/firm_accounts.parquet")
    assert accounts.attrs["evidence"] == "real" and set(accounts["source"]) == {"generic", "csmar"}
    for name in ("firms_flow", "firms_refinancing"):
        table = json.loads((scratch_copy / f"paper/tables/{name}.json").read_text(encoding="utf-8"))
        assert table["evidence"] == "real"
        assert "SIMULATED" not in (scratch_copy / f"paper/tables/{name}.csv").read_text(encoding="utf-8")
    recoveries = pd.read_parquet(scratch_copy / "data/processed/recoveries.parquet")
    assert recoveries.empty and "no true effects are known" in recoveries.attrs["absent"]
    # Six firms identify little: what they cannot is a row with its reason, never a crash.
    refused = pd.read_parquet(scratch_copy / "data/processed/estimates/firm_dynamics/firm_rd.parquet")
    assert refused["evidence"].eq("real").all() and refused["reason"].notna().any()


def test_a_wrong_row_stops_the_run_with_its_place(scratch_copy, own):
    path = own / "firms" / "template" / "events.csv"
    sound = path.read_text(encoding="utf-8")
    path.write_text(sound.replace("2020-07-01", "2020-02-31"), encoding="utf-8")
    try:
        done = run(scratch_copy, own, "data/processed/sources/financing_events.parquet")
    finally:
        path.write_text(sound, encoding="utf-8")
    assert done.returncode != 0
    assert "events.csv, row 3, column 'date', value '2020-02-31': is not a date YYYY-MM-DD" in done.stdout + done.stderr
