"""The examples of docs/extend.md, applied to a copy of the checkout and run."""

import os
import re
import shlex
import subprocess
import sys

import pandas as pd
import pytest

from analysis.catalogue import ROOT

BLOCK = re.compile(r"^```(\w+)(?: (new|into) (\S+)(?: below ([^\n]+))?)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


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
        else:
            assert language == "sh"
            commands += body.strip().splitlines()
    return scratch_copy, commands


def run(copy, command):
    words = shlex.split(command)
    words = words[1:] if words[0] == "python" else ["-m", *words]
    environment = os.environ | {"IPS_DATA": str(copy / "none")}
    return subprocess.run([sys.executable, *words], cwd=copy, env=environment, capture_output=True, text=True, check=False)


def test_the_five_examples_work_as_printed(extended):
    copy, commands = extended
    assert len(commands) == 5
    printed = {}
    for command in commands:
        result = run(copy, command)
        assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
        printed[command] = result.stdout
    estimate = pd.read_parquet(copy / "data/processed/estimates/personnel_att/rd_personnel.parquet")
    assert estimate.loc[estimate["term"] == "att", "estimate"].notna().all()
    assert (
        "R&D personnel (log points)" in (copy / "paper/tables/personnel_table.csv").read_text()
        or (copy / "paper/tables/personnel_table.csv").exists()
    )
    assert "Before and after" in printed["python -m analysis estimators before_after"]
    doctor = printed["python -m analysis doctor my_firms"]
    assert "tariffs.csv: Tariff office" in doctor and "firm_accounts, 3 rows" in doctor and "rd 2" in doctor


def test_there_are_five_examples():
    text = (ROOT / "docs" / "extend.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\d)\. ", text, flags=re.MULTILINE) == ["1", "2", "3", "4", "5"]
