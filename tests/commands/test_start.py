"""What a command does not import: most of the time of a small estimate is spent before it begins."""

import subprocess
import sys

import pandas as pd
import pytest

from analysis.core.catalogue import ROOT

PROGRAM = """
import sys
from analysis.__main__ import main
try:
    main({words!r})
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""


def imported(*words):
    """Return the top-level modules, and those of the project, that a command has imported in the end."""
    run = subprocess.run([sys.executable, "-c", PROGRAM.format(words=list(words))], cwd=ROOT, capture_output=True, text=True, check=True)
    names = run.stderr.splitlines()[-1].split()
    return {name for name in names if "." not in name or name.startswith("analysis.")}


def test_help_imports_no_library():
    assert not imported("--help") & {"numpy", "pandas", "scipy", "yaml", "pyarrow", "pydantic", "jsonschema", "venv", "subprocess"}


def test_the_list_of_flags_needs_no_estimator():
    assert not imported("estimate", "--help") & {"pydantic", "jsonschema", "pandera", "analysis.core.config"}


@pytest.mark.parametrize("estimator", ["callaway_santanna", "two_way_fixed_effects"])
def test_an_estimate_imports_what_it_needs(tmp_path, estimator):
    rows = [(unit, year, 2012 if unit < 8 else 0, unit * year % 7) for unit in range(20) for year in range(2010, 2015)]
    pd.DataFrame(rows, columns=["unit", "year", "first", "y"]).to_csv(tmp_path / "panel.csv", index=False)
    flags = ["--outcome", "y", "--unit", "unit", "--time", "year", "--cohort", "first"]
    found = imported("estimate", str(tmp_path / "panel.csv"), "--estimator", estimator, *flags)
    assert "pandas" in found
    heavy = {"pydantic", "jsonschema", "pandera", "matplotlib", "statsmodels", "linearmodels", "numba", "polars", "snakemake", "venv"}
    assert not found & {*heavy, "analysis.core.config", "analysis.sources.files.description"}


def test_a_notebook_imports_nothing_before_it_asks():
    program = "import sys, analysis; print(*sys.modules)"
    names = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "pandas"} & set(names)
