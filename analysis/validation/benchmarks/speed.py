"""Time every task in a process of its own and write one row each: `python -m analysis.validation.benchmarks.speed OUT.csv`.

A process loads its library, builds the panel, runs once to warm up (compilation, imports) and then keeps the best of
the timed repetitions; its memory is the peak of the whole process, data included.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
import warnings
from importlib.metadata import version

import pandas as pd

from analysis.core.atomic import atomic
from analysis.validation.benchmarks.tasks import TASKS, panel, scoreboard_panel

SECONDS_ALLOWED = 240
CORES = "2"
THREADS = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS"), CORES
)
LIBRARIES = {"linearmodels PanelOLS": "linearmodels", "linearmodels AbsorbingLS": "linearmodels", "this project (diff-diff)": "diff-diff"}


def measure(index: int, rows: int) -> dict:
    """Return seconds, peak memory and the estimate of one task in this process."""
    warnings.simplefilter("ignore")
    run = TASKS[index][2]()
    data = panel(rows) if rows else scoreboard_panel()
    warm = panel(2_000)
    run(warm)
    best = float("inf")
    started = time.perf_counter()
    for _ in range(5):
        begin = time.perf_counter()
        value = run(data)
        best = min(best, time.perf_counter() - begin)
        if time.perf_counter() - started > 20:
            break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {"seconds": best, "peak_gb": peak, "rows": len(data), "value": float(value)}


def machine() -> str:
    """Return the machine in words: processor, cores used, memory, Python."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return f"{model}; {CORES} of {os.cpu_count()} cores; {memory:.0f} GB; Python {platform.python_version()}; {platform.system()}"


def main(path: str) -> None:
    """Run every task at every size and write the table whole."""
    rows = []
    for index, (task, implementation, _, sizes) in enumerate(TASKS):
        for size in sizes:
            found = _in_a_process(index, size)
            library = LIBRARIES.get(implementation, implementation)
            about = {"task": task, "implementation": implementation, "version": _version(library), "rows": size}
            rows.append(about | found | {"machine": machine()})
            print(f"{task}, {implementation}, {size:,} rows: {found}", flush=True)
    with atomic(path) as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False, float_format="%.6g")


def _version(library: str) -> str:
    return "" if library == "this project" else version(library)


def _in_a_process(index: int, size: int) -> dict:
    command = [sys.executable, "-m", "analysis.validation.benchmarks.speed", "--measure", str(index), str(size)]
    blank = {"seconds": None, "peak_gb": None, "value": None}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_ALLOWED, env=os.environ | THREADS, check=False)
    except subprocess.TimeoutExpired:
        return blank | {"outcome": f"over {SECONDS_ALLOWED} s"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        return blank | {"outcome": f"failed: {last[:120]}"}
    return json.loads(done.stdout.strip().splitlines()[-1]) | {"outcome": "measured"}


if __name__ == "__main__":
    if sys.argv[1] == "--measure":
        print(json.dumps(measure(int(sys.argv[2]), int(sys.argv[3]))))
    else:
        main(sys.argv[1])
