"""The examples of docs/extend.md, applied to a copy of the checkout and run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from analysis.core.catalogue import ROOT

BLOCK = re.compile(r"^```(\w+)(?: (new|into|as) (\S+)(?: below ([^\n]+))?)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def extended(scratch_copy):
    """Return the copy after every block was applied, and the commands in order."""
    commands = []
    for language, how, file, line, body in BLOCK.findall((ROOT / "docs" / "extend.md").read_text(encoding="utf-8")):
        if how == "new":
            path = scratch_copy / file
            assert not path.exists(), file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, encoding="utf-8")
        elif how == "into":
            text = (scratch_copy / file).read_text(encoding="utf-8")
            assert f"\n{line}\n" in text, line
            (scratch_copy / file).write_text(text.replace(f"\n{line}\n", f"\n{line}\n{body}", 1), encoding="utf-8")
        elif how == "as":
            assert body in (scratch_copy / file).read_text(encoding="utf-8"), file
        else:
            assert language == "sh"
            commands += body.strip().splitlines()
    return scratch_copy, commands


def run(copy, command):
    words = shlex.split(command)
    words = words[1:] if words[0] == "python" else ["-m", *words]
    environment = os.environ | {"IPS_DATA": str(copy / "none")}
    return subprocess.run([sys.executable, *words], cwd=copy, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def printed(extended):
    """Return what each command printed."""
    copy, commands = extended
    assert len(commands) == 7
    said = {}
    for command in commands:
        result = run(copy, command)
        assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
        said[command] = result.stdout
    return said


def test_the_five_examples_work_as_printed(extended, printed):
    copy, _ = extended
    estimate = pd.read_parquet(copy / "data/processed/estimates/personnel_att/rd_personnel.parquet")
    assert estimate.loc[estimate["term"] == "att", "estimate"].notna().all()
    table = pd.read_csv(copy / "paper/tables/personnel_table.csv")
    assert set(table["outcome"]) == {"rd_personnel"}
    assert table.loc[table["term"] == "att", "estimate"].tolist() == pytest.approx(
        estimate.loc[estimate["term"] == "att", "estimate"].tolist()
    )
    shown = (copy / "paper/tables/personnel_table.json").read_text(encoding="utf-8")
    assert "R&D personnel (log points)" in shown
    assert '"R&D personnel"' in (copy / "paper/tables/personnel_checks.json").read_text(encoding="utf-8")
    assert "Before and after" in printed["python -m analysis estimators before_after"]
    doctor = printed["python -m analysis doctor my_firms"]
    assert "tariffs.csv: Tariff office" in doctor and "firm_accounts, 3 rows" in doctor and "rd 2" in doctor
    assert "firm_id: {from: ts_code}" in printed["python -m analysis doctor --draft-map my_tushare/income.csv"]
    tushare = printed["python -m analysis doctor my_tushare"]
    assert "income.csv: Tushare, income → firm_accounts, 4 rows" in tushare and "firm_accounts, 1 rows" in tushare


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
def test_the_trial_of_a_change_works_as_printed(extended, printed):
    copy, _ = extended
    (command,) = re.findall(r"`(make whatif [^`]+)`", (ROOT / "docs" / "extend.md").read_text(encoding="utf-8"))
    before = {path.name for path in copy.iterdir()}
    # The environment is at hand: `env` stands for the program that would make it.
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    words = [*shlex.split(command), "RUN=env"]
    result = subprocess.run(words, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    assert "changed: controls+=log_gdp year>=2012" in result.stdout
    assert {path.name for path in copy.iterdir()} == before, "the shell took a change for a redirection"


def test_there_are_five_examples():
    text = (ROOT / "docs" / "extend.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\d)\. ", text, flags=re.MULTILINE) == ["1", "2", "3", "4", "5"]
