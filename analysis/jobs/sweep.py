"""The jobs of a sweep: blocks scattered, then gathered. They run in the folder of the sweep, which holds its plan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from analysis.core.config import load
from analysis.core.storage import read_table, write_table, write_text
from analysis.sweeps import blocks, curve, montecarlo, permutations
from analysis.sweeps.plan import Plan, blocks_of, check_unchanged, read

HERE = Path()
# Kind of sweep → the tables that it ends with.
RESULTS = {"permutations": ["result.parquet"], "montecarlo": ["result.parquet"], "curve": ["result.parquet", "result_joint.parquet"]}


def scatter(job: int, jobs: int, path: str) -> None:
    """Run the blocks of one job that no job has run yet, and leave a note of it at `path`."""
    plan = read(HERE)
    missing = [block for block in blocks_of(plan, job, jobs) if not blocks.done(HERE, block)]
    if missing:
        run = _runner(plan)
        check_unchanged(plan)  # once they are read, and before a block rests on them
        for block in missing:
            run(block)
    write_text(f"{len(missing)} blocks\n", path)


def gather(paths: list[str]) -> None:
    """Write the tables of the sweep from the files of all its blocks."""
    plan, contracts = read(HERE), load()["contracts"]
    check_unchanged(plan)
    if plan.kind == "permutations":
        evidence = permutations.gather(plan, HERE)
        write_table(evidence, paths[0], contracts["estimate"], str(evidence["evidence"].iloc[0]))
    elif plan.kind == "montecarlo":
        write_table(montecarlo.gather(plan, HERE), paths[0], contracts["montecarlo"], "simulated")
    else:
        for table, path, name in zip(curve.gather(plan, HERE, contracts), paths, ("curve", "curve_joint"), strict=True):
            write_table(table, path, contracts[name], read_table(plan.data).attrs["evidence"])


def _runner(plan: Plan) -> Callable[[int], None]:
    """Return what runs a block; data are read once a job."""
    if plan.kind == "permutations":
        fit = permutations.fit_of(plan)
        return lambda block: permutations.run(plan, HERE, block, fit)
    if plan.kind == "montecarlo":
        return lambda block: montecarlo.run(plan, HERE, block)
    panel = read_table(plan.data)
    return lambda block: curve.run(plan, HERE, block, panel)
