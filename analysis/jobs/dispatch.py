"""Runs the jobs of the workflow: each in a process of its own that is forked from one which has the libraries loaded.

An interpreter that imports the stack anew takes longer than most jobs; a fork takes a few milliseconds. The process that is
forked from has done nothing but import, so that no job sees what another left behind. A fork keeps the locks that other threads hold
and not the threads, so that it may wait for ever: libraries are kept from starting threads there (ONE_THREAD), and a job that gives no
sign of life is started again.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import connection, forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from types import ModuleType

from analysis.jobs.job import die_with, has_ended, job
from analysis.jobs.surroundings import FEW_JOBS
from bootstrap import REPEATABLE

# Inputs that make a job run again when they change, and that its function does not read under this name.
WATCHED = ("data",)
# What keeps libraries from starting threads when they are imported: those that compute, and the allocators of Arrow and Polars, which
# tidy up in the background.
ONE_THREAD = {name: value for name, value in REPEATABLE.items() if name.endswith("_THREADS")} | {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "_RJEM_MALLOC_CONF": "background_thread:false",
}
# Seconds within which a job that was forked has opened its log, even on a machine with far too much to do; and how often one is tried.
BEGUN_WITHIN, STARTS = 120.0, 3
# Snakemake runs each job in a thread, and to start a process looks whether others have ended: two threads that read the end of one
# process at a time would both lose it, so that one does.
ALONE = threading.Lock()


def seed_of(seed: int, name: str) -> int:
    """Return the seed of the draws of product `name`, from the study's own."""
    return zlib.crc32(f"{seed} {name}".encode())


@dataclass(frozen=True)
class Job:
    """One job as the workflow planned it: files by name (lists where a name has several), parameters and the wildcard's value."""

    rule: str
    name: str
    outcome: str
    inputs: dict[str, str | list[str]]
    params: dict
    outputs: list[str]
    output_names: dict[str, str]

    @property
    def products(self) -> dict[str, str | list[str]]:
        """The inputs that are products of the study."""
        return {name: paths for name, paths in self.inputs.items() if name not in WATCHED}

    @property
    def output(self) -> str:
        """The first output."""
        return self.outputs[0]

    def listed(self, names: Iterable[str]) -> dict[str, list[str]]:
        """Return the inputs of these names, each as a list of files."""
        found = {name: self.inputs[name] for name in names}
        return {name: [paths] if isinstance(paths, str) else paths for name, paths in found.items()}

    def seed(self) -> int:
        """Return the seed of this job's draws, from the study's own and the name."""
        return seed_of(self.params["seed"], self.name)


def _of(module: str) -> ModuleType:
    return import_module(f"analysis.jobs.{module}")


def _benchmark(j: Job) -> None:
    import_module("analysis.validation.benchmarks.speed").main(j.output)


def _clean(j: Job) -> None:
    _of("clean").clean(j.name, j.params["raw"], j.params["contract"], j.output)


def _build(j: Job) -> None:
    p = j.params
    _of("build").build(j.name, j.products, p["settings"], p["contract"], j.output, p["labels"], p["blind"])


def _estimate(j: Job) -> None:
    p = j.params
    _of("estimate").estimate(j.name, p["specification"], j.outcome, p["outcome"] or None, j.inputs["panel"], p["contract"], j.output)


def _curve(j: Job) -> None:
    p = j.params
    _of("curve").curve(j.name, p["settings"], p["panel"], p["test"], j.seed(), j.inputs["panel"], p["contracts"], j.outputs)


def _check(j: Job) -> None:
    _of("check").check(j.name, j.products, j.params["sections"], j.params["contract"], j.output)


def _montecarlo(j: Job) -> None:
    _of("montecarlo").montecarlo(j.name, j.params["settings"], j.seed(), j.params["contract"], j.output)


def _draw(j: Job) -> None:
    _of("exhibit").draw(j.name, j.products, j.params["sections"], j.outputs)


def _layout(j: Job) -> None:
    _of("exhibit").layout(j.name, j.products, j.params["sections"], j.output_names)


def _count(j: Job) -> None:
    _of("exhibit").count(j.name, j.products, j.params["sections"], j.output)


def _judge(j: Job) -> None:
    _of("judge").judge(j.params["claims"], j.listed(j.products), j.params["contract"], j.output)


def _recover(j: Job) -> None:
    chosen = {key: j.params[key] for key in ("claims", "specifications", "outcomes", "contract")}
    estimates = j.listed(name for name in j.products if name != "truth")
    _of("recover").recover(**chosen, estimates=estimates, truth=j.inputs["truth"], path=j.output)


def _quote(j: Job) -> None:
    p = j.params
    estimates, facts = ({name: j.inputs[name] for name in p[kind]} for kind in ("estimates", "facts"))
    import_module("analysis.exhibits.quotation").quote(
        p["numbers"], p["exhibits"], j.listed(estimates), facts, j.output, p["blind"], p["simulated"]
    )


def _typeset(j: Job) -> None:
    import_module("analysis.exhibits.typesetting").typeset(j.params["document"], j.output, j.output)


def _fingerprint(j: Job) -> None:
    _of("trace").fingerprint(j.params["raw"], j.output)


def _trace(j: Job) -> None:
    _of("trace").trace(j.params["document"], j.params["files"], j.inputs["numbers"], j.inputs["fingerprints"], j.output)


def _dossier(j: Job) -> None:
    p = j.params
    import_module("analysis.provenance.dossier.page").dossier(
        j.inputs["provenance"], j.inputs["numbers"], p["title"], p["notes"], p["order"], j.output
    )


def _codebook(j: Job) -> None:
    import_module("analysis.exhibits.codebook").codebook(j.params["tables"], j.params["contracts"], j.output)


def _simulate(j: Job) -> None:
    _of("simulate").simulate(j.params["settings"], j.params["raw"], Path(j.output).parent)


def _scatter(j: Job) -> None:
    _of("sweep").scatter(int(j.name), j.params["jobs"], j.output)


def _gather(j: Job) -> None:
    _of("sweep").gather(j.outputs)


# Rule of the workflow → what one job of it does.
RULES: dict[str, Callable[[Job], None]] = {
    "clean": _clean, "simulate": _simulate, "build": _build, "estimate": _estimate, "curve": _curve, "judge": _judge,
    "recover": _recover, "count": _count, "draw": _draw, "layout": _layout, "quote": _quote, "typeset": _typeset,
    "fingerprint": _fingerprint, "trace": _trace, "dossier": _dossier, "codebook": _codebook, "check": _check, "montecarlo": _montecarlo,
    "benchmark": _benchmark, "scatter": _scatter, "gather": _gather,
}  # fmt: skip


class JobFailed(RuntimeError):
    """A job that ended with an error; it has said so itself."""

    def __init__(self, log: str) -> None:
        super().__init__(f"see {log}")


def dispatch(rule: str, inputs: Mapping, outputs: Mapping, params: Mapping, wildcards: Mapping, log: Sequence[str]) -> None:
    """Run one job in a process of its own and wait for it; the arguments are those that a rule of Snakemake has.

    Raises JobFailed where the job ends with an error, which it has printed.
    """
    planned = Job(
        rule,
        wildcards.get("name", wildcards.get("exhibit", "")),
        wildcards.get("outcome", ""),
        _plain(inputs),
        dict(params.items()),
        list(map(str, outputs)),
        {name: str(path) for name, path in outputs.items()},
    )
    if exit_status(_work, planned, str(log[0])):
        raise JobFailed(str(log[0]))


def exit_status(work: Callable[[Job, str, int], None], planned: Job, log: str, begun_within: float = BEGUN_WITHIN) -> int:
    """Return the exit status of `work` in a process of its own: 0, or what it failed with.

    One that has not opened its log after `begun_within` seconds has done nothing and is started again, STARTS times in all. Libraries'
    threads now and then abort a process that has done its work and said so: that is none of its failures.
    """
    context = make_ready()
    Path(log).unlink(missing_ok=True)
    for _ in range(STARTS):
        process = context.Process(target=work, args=(planned, log, os.getpid()))
        with ALONE:
            process.start()
        if not _ended(process, begun_within) and not Path(log).exists():
            process.kill()
            _ended(process)
            continue
        _ended(process)
        return 0 if process.exitcode != 1 and has_ended(log) else process.exitcode or 0
    raise JobFailed(f"{log} (not begun: {STARTS} processes stood still for {begun_within:.0f} s each)")


def _ended(process: ForkServerProcess, seconds: float | None = None) -> bool:
    """Wait for a process, at most so long; return whether it has ended."""
    if not connection.wait([process.sentinel], seconds):
        return False
    with ALONE:
        process.join()
    return True


def make_ready() -> ForkServerContext:
    """Start the process that jobs are forked from, unless it runs; it imports the libraries while the workflow is planned.

    With FEW_JOBS in the environment it imports nothing: a job or two load what they need sooner than everything is loaded.
    """
    os.environ |= ONE_THREAD
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([] if FEW_JOBS in os.environ else ["analysis.jobs.preload"])
    forkserver.ensure_running()
    return context


def _plain(files: Mapping) -> dict[str, str | list[str]]:
    return {name: str(paths) if isinstance(paths, str) else list(map(str, paths)) for name, paths in files.items()}


def _work(planned: Job, log: str, parent: int) -> None:
    die_with(parent)
    with job(log):
        RULES[planned.rule](planned)
    # Nothing is left to do, and the finalizers of libraries may abort.
    os._exit(0)
