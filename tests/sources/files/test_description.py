"""The description of a file says how every column is read, and what cannot be."""

import subprocess
import sys

import pytest

from analysis.__main__ import COMMANDS, main
from analysis.core.catalogue import ROOT

pytestmark = pytest.mark.fast

TEXT = "firm;year;y;x;note\n01;2001;2,5;NA;a\n1;2002;3;4;b\n;2003;;5;b\n"


@pytest.fixture
def file(tmp_path):
    (tmp_path / "table.csv").write_text(TEXT)
    return str(tmp_path / "table.csv")


def rows_of(printed):
    return {line.split()[0]: line.split() for line in printed.splitlines() if line.strip()}


@pytest.mark.parametrize("more", [[], ["--estimator", "pooled"]])
def test_description_with_and_without_an_estimator(file, capsys, more):
    assert main(["estimate", file, "--describe", "--unit", "firm", "--outcome", "y", *more]) == 0
    printed = capsys.readouterr().out
    assert "delimiter semicolon" in printed and "decimal comma" in printed and "rows 3 (lines 2 to 4)" in printed
    rows = rows_of(printed)
    assert rows["firm"][1:5] == ["--unit", "names", "3", "1"] and rows["y"][1:5] == ["--outcome", "numbers", "3", "1"]
    assert rows["y"][-3:] == ["2.5", "..", "3"] and rows["note"][1:3] == ["-", "names"]
    assert rows["x"][1:7] == ["-", "numbers", "3", "0", "NA", "1"]


def test_description_of_what_is_refused(file, capsys):
    assert main(["estimate", file, "--describe", "--outcome", "note"]) == 0
    assert "refused: row 2, column 'note', value 'a': --outcome needs numbers" in capsys.readouterr().out


def test_an_estimate_needs_an_estimator(file, capsys):
    assert main(["estimate", file, "--outcome", "y"]) == 2
    assert "--estimator is needed" in capsys.readouterr().err


def test_answers_come_from_the_command_line(tmp_path, capsys):
    path = tmp_path / "t.csv"
    path.write_text('y,x\n"1,000",1\n"2,500",NONE\n"1,500",2\n"3,000",4\n')
    arguments = ["estimate", str(path), "--estimator", "pooled", "--outcome", "y", "--controls", "x"]
    assert main(arguments) == 2 and "--thousands ," in capsys.readouterr().err
    assert main([*arguments, "--thousands", "comma"]) == 2 and "--missing 'NONE'" in capsys.readouterr().err
    assert main([*arguments, "--thousands", "comma", "--missing", "NONE"]) == 0
    assert "column 'x': read as missing: 'NONE' 1" in capsys.readouterr().err


def test_every_command_is_listed_and_only_the_one_that_runs_is_imported(file):
    assert set(COMMANDS) == {path.stem for path in (ROOT / "analysis" / "commands").glob("[!_]*.py")}
    program = f"""
import sys
from analysis.__main__ import main
main(["estimate", {file!r}, "--describe"])
print([name for name in ("seaborn", "matplotlib", "openpyxl", "pandera", "snakemake", "linearmodels") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
