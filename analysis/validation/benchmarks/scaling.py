"""Rows of a file against seconds and memory, from the command line to the estimate: `python -m analysis.validation.benchmarks.scaling OUT.csv`.

Each estimate is a process of its own that reads a Parquet file of ten periods a unit, with names of units as text and columns that
nobody uses; other packages read the columns they use and fit. What the kernel says of the ended process is written down: seconds
that passed, seconds of processors, peak memory. SIMULATED files, made in pieces and deleted.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from analysis.core.storage import atomic
from analysis.simulations.data_generating_processes import staggered
from analysis.validation.benchmarks.speed import THREADS, machine

SMALL, MIDDLE, LARGE = 100_000, 1_000_000, 10_000_000
UNITS_OF_A_PIECE, PERIODS = 100_000, 10
SECONDS_ALLOWED = 240
OURS, STREAMED = "this project", "this project, streamed"
PANEL = "--outcome y --unit firm --time time"
COHORT, TREATMENT = f"{PANEL} --cohort cohort", f"{PANEL} --treatment d"
# What the command line is asked for, and how.
ESTIMATES = {
    "Two-way fixed effects": f"two_way_fixed_effects {TREATMENT}",
    "Event study, two-way": f"two_way_fixed_effects {COHORT} --option aggregation=dynamic",
    "Callaway-Sant'Anna": f"callaway_santanna {COHORT}",
    "Sun-Abraham": f"sun_abraham {COHORT} --option aggregation=dynamic",
    "Imputation": f"borusyak_jaravel_spiess {COHORT}",
    "Two-stage": f"gardner_two_stage {COHORT}",
    "Extended two-way": f"extended_two_way_fixed_effects {COHORT}",
    "Stacked": f"stacked_did {COHORT}",
    "Local projections": f"local_projections_did {COHORT}",
    "Intertemporal effects": f"de_chaisemartin_dhaultfoeuille {TREATMENT}",
    "Goodman-Bacon": f"goodman_bacon {TREATMENT}",
    "Poisson, two-way": "poisson_pseudo_likelihood --outcome count --unit firm --time time --treatment d --fixed-effects firm,time",
    "Cox": "cox --duration time --event ends --entry entry --unit firm --treatment d",
    "Permutation test, 999 draws": f"two_way_fixed_effects {COHORT} --option randomization_draws=999",
}
SUMMED = ("Two-way fixed effects", "Event study, two-way", "Callaway-Sant'Anna")
# Other packages, and the sizes at which they end within memory and a minute.
PEERS = {
    ("Two-way fixed effects", "pyfixest"): (SMALL, MIDDLE, LARGE),
    ("Two-way fixed effects", "linearmodels"): (SMALL, MIDDLE),
    ("Event study, two-way", "pyfixest"): (SMALL, MIDDLE),
    ("Callaway-Sant'Anna", "diff-diff"): (SMALL, MIDDLE),
    ("Sun-Abraham", "diff-diff"): (SMALL, MIDDLE),
    ("Poisson, two-way", "pyfixest"): (SMALL, MIDDLE),
}


def main(path: str, sizes: tuple[int, ...] = (SMALL, MIDDLE, LARGE)) -> None:
    """Run every estimate at every size and write the table whole."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            file = Path(folder) / f"{size}.parquet"
            _write_elsewhere(file, size)
            for task, implementation, command in commands(file, size):
                found = measured(command, Path(folder) / "estimates.csv")
                about = {"task": task, "implementation": implementation, "version": _version(implementation), "rows": size}
                rows.append(about | found | {"machine": machine()})
                print(f"{task}, {implementation}, {size:,} rows: {found}", flush=True)
            file.unlink()
    with atomic(path) as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False, float_format="%.6g")


def _write_elsewhere(file: Path, rows: int) -> None:
    """Write the panel in a process that ends: what this process holds would be the least memory that it can see of others."""
    writer = multiprocessing.get_context("spawn").Process(target=write_panel, args=(file, rows))
    writer.start()
    writer.join()
    if writer.exitcode:
        raise SystemExit(f"the file of {rows:,} rows could not be written")


def write_panel(file: Path, rows: int) -> None:
    """Write a panel (SIMULATED) of `rows` with what the estimates need and columns that they do not, in pieces."""
    writer, units = None, rows // PERIODS
    for start in range(0, units, UNITS_OF_A_PIECE):
        generator = np.random.default_rng([17, start])
        panel = staggered.simulate(generator, 1.0, units=min(UNITS_OF_A_PIECE, units - start))[0]
        names = np.char.add("F", np.char.zfill((start + np.arange(panel["unit"].max() + 1)).astype(str), 9))
        ended = (generator.random(len(panel)) < 0.08 * np.exp(0.4 * panel["d"].to_numpy())).reshape(-1, PERIODS)
        over = np.cumsum(ended, axis=1) - ended > 0  # a history ends once: rows after it are in no spell
        panel = panel.assign(
            firm=names[panel["unit"]], entry=np.where(over.ravel(), np.nan, panel["time"] - 1), ends=(ended & ~over).ravel().astype(int),
            count=generator.poisson(np.exp(0.2 * panel["d"] + 0.05 * panel["time"])), remark="a text that nobody reads",
            **{f"x{i}": generator.random(len(panel)) for i in range(3)},
        )  # fmt: skip
        table = pa.Table.from_pandas(panel, preserve_index=False)
        writer = writer or parquet.ParquetWriter(file, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def commands(file: Path, size: int) -> list[tuple[str, str, list[str]]]:
    """Return task, implementation and command of every process at one size."""
    ours = [sys.executable, "-m", "analysis", "estimate", str(file), "--out", str(file.parent / "estimates.csv"), "--anyway", "--estimator"]
    found = [(task, OURS, [*ours, *words.split()]) for task, words in ESTIMATES.items()]
    found += [(task, STREAMED, [*ours, *ESTIMATES[task].split(), "--streaming"]) for task in SUMMED]
    peer = [sys.executable, "-m", "analysis.validation.benchmarks.peers"]
    return found + [(task, name, [*peer, task, name, str(file)]) for (task, name), sizes in PEERS.items() if size in sizes]


def measured(command: list[str], estimates: Path) -> dict:
    """Return seconds, processor seconds, peak memory and the estimate of a process, or why there are none."""
    estimates.unlink(missing_ok=True)
    begin = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(["timeout", str(SECONDS_ALLOWED), *command], stdout=out, stderr=err, env=os.environ | THREADS)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begin
        out.seek(0), err.seek(0)
        said, failed = out.read(), err.read()
    if process.returncode:
        last = (failed.strip().splitlines() or [f"status {process.returncode}"])[-1]
        outcome = f"over {SECONDS_ALLOWED} s" if process.returncode == 124 else f"failed: {last[:120]}"
        return dict.fromkeys(("seconds", "cpu_seconds", "peak_gb", "value")) | {"outcome": outcome}
    # The peak is that of the child of `timeout` too. A process begins with what the one holds that starts it: less cannot be seen.
    spent, held = usage.ru_utime + usage.ru_stime, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    about = {"seconds": seconds, "cpu_seconds": spent, "peak_gb": usage.ru_maxrss / 1024**2 if usage.ru_maxrss > held else None}
    return about | {"value": _estimate(estimates) if estimates.exists() else json.loads(said.splitlines()[-1]), "outcome": "measured"}


def _estimate(file: Path) -> float:
    """Return the estimate that the command line wrote: the overall one, or the first."""
    table = pd.read_csv(file)
    overall = table[table["term"] == "att"]
    return float((overall if len(overall) else table)["estimate"].iloc[0])


def _version(implementation: str) -> str:
    return "" if implementation.startswith("this project") else version(implementation)


if __name__ == "__main__":
    main(sys.argv[1], tuple(map(int, sys.argv[2:])) or (SMALL, MIDDLE, LARGE))
