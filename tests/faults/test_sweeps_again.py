"""A small sweep, again and again: each ends in good time, with the same bytes."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pandas as pd

from analysis.core.catalogue import ROOT

SWEEPS = int(os.environ.get("IPS_FAULT_SWEEPS", "1"))
SECONDS = 150  # far more than one takes on a busy machine
MODEL = ["--estimator", "two_way_fixed_effects", "--outcome", "y", "--unit", "firm", "--time", "year", "--cohort", "first"]


def test_no_sweep_stands_still(tmp_path, record):
    """A sweep that does not end within SECONDS fails the test: subprocess raises TimeoutExpired."""
    generator, units, years = np.random.default_rng(3), 15, 5
    first = np.repeat(np.where(np.arange(units) < 6, 2014 + np.arange(units) % 2, 0), years)
    table = pd.DataFrame({"firm": np.repeat([f"f{i}" for i in range(units)], years), "year": np.tile(np.arange(2012, 2017), units)})
    table.assign(first=first, y=generator.normal(size=len(table))).to_csv(tmp_path / "panel.csv", index=False)
    found = set()
    for number in range(SWEEPS):
        out = tmp_path / f"sweep{number}"
        words = ["permutations", tmp_path / "panel.csv", *MODEL, "--size", "4000", "--jobs", "4", "--cores", "2", "--out", out]
        # As a person starts it: without the variables that `make` sets.
        bare = {name: value for name, value in os.environ.items() if not name.endswith("_THREADS")}
        result = subprocess.run(
            [sys.executable, "-m", "analysis", "sweep", *map(str, words)],
            cwd=ROOT, env=bare, capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr
        found.add(hashlib.sha256((out / "result.parquet").read_bytes()).hexdigest())
    assert len(found) == 1
    record("Again and again", "a small sweep, four jobs on two cores", SWEEPS, same=SWEEPS)
