"""Scatter draws, replications or combinations of any number over jobs, here or on a cluster, and gather them into one table.

    sweep permutations FILE --estimator NAME ... --size 100000    the overall effect of a model on a file, as `estimate` takes it
    sweep permutations --model NAME --outcome NAME --size 100000  of a specification of the study, on the panel that `make` built
    sweep montecarlo --process NAME --size 10000                  a process of config/montecarlo.yaml; SIMULATED
    sweep curve --curve NAME --size 99999                         a curve of config/specification_curves.yaml; size: its permutations

The number of jobs changes no number: streams belong to blocks of the work, not to jobs. The same command again goes on where
it stopped. docs/cluster.md says more.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd

from analysis.commands import estimate
from analysis.core.catalogue import ROOT, program_files, version
from analysis.core.config import claim_test, load
from analysis.core.errors import BadOption, DataError, unknown
from analysis.core.method import method_of
from analysis.core.paths import file_of
from analysis.core.specification import LISTS, SINGLE, flag, given
from analysis.core.storage import read_table
from analysis.jobs import cluster
from analysis.jobs.dispatch import seed_of
from analysis.jobs.run import run_sweep
from analysis.jobs.sweep import RESULTS
from analysis.sweeps import curve, permutations
from analysis.sweeps.plan import BLOCK, Plan, hash_of, settle

LARGEST = 100_000_000
# What says which work is scattered, and what else such a sweep heeds: any other flag of a model would change nothing.
HEEDS = {
    "permutations": ("file", "model", "outcome", "seed"),
    "montecarlo": ("process",),
    "curve": ("curve",),
}
MODEL = ("estimator", *SINGLE, *LISTS, *estimate.READING, "frequency", "option", "seed")


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=sorted(BLOCK), help="what is scattered")
    parser.add_argument("file", metavar="FILE", nargs="?", default="", help=f"permutations: {estimate.FILE}")
    parser.add_argument("--out", required=True, metavar="FOLDER", help="folder for blocks and results; the same one goes on")
    parser.add_argument("--size", type=int, required=True, help="permutations, or replications of a Monte Carlo process")
    parser.add_argument("--jobs", type=int, default=1, help="jobs to scatter over (default 1)")
    parser.add_argument("--model", default="", metavar="NAME", help="permutations: a specification of the study, with --outcome")
    parser.add_argument("--process", default="", metavar="NAME", help="montecarlo: a process of config/montecarlo.yaml")
    parser.add_argument("--curve", default="", metavar="NAME", help="curve: one of config/specification_curves.yaml")
    parser.add_argument("--cores", default="all", help="cores of this machine (default: all)")
    parser.add_argument("--on", default="", metavar="CLUSTER", help="send the jobs to a cluster instead: slurm")
    parser.add_argument(
        "--minutes", type=int, default=60, help="time of a job on a cluster (default 60); a second attempt has twice as much"
    )
    estimate.declare_model(parser)
    parser.set_defaults(seed=None)


def run(chosen: argparse.Namespace) -> int:
    if not 1 <= chosen.size <= LARGEST:
        raise BadOption(f"--size {chosen.size}: takes a number from 1 to {LARGEST:,}", "size", chosen.size, f"1 to {LARGEST}")
    if chosen.minutes < 1:
        raise BadOption(f"--minutes {chosen.minutes}: takes a number from 1", "minutes", chosen.minutes, "from 1")
    if chosen.on:
        cluster.profile(chosen.on)
        cluster.check_answers()
    _check_flags(chosen)
    folder = Path(chosen.out).resolve()
    plan = {"permutations": _permutations, "montecarlo": _montecarlo, "curve": _curve}[chosen.kind](chosen)
    if plan.kind == "permutations":
        permutations.try_out(plan)
    jobs = settle(plan, folder, chosen.jobs)
    status = run_sweep(folder, jobs, chosen.on, chosen.minutes, chosen.cores)
    if status == 0:
        for name in RESULTS[plan.kind]:
            print(f"Made: {folder / name}")
        _show(plan, read_table(folder / RESULTS[plan.kind][0]))
    return status


def _check_flags(chosen: argparse.Namespace) -> None:
    """Raise BadOption for a flag that this sweep makes no use of."""
    heeds = (*HEEDS[chosen.kind], *(MODEL if chosen.kind == "permutations" and not chosen.model else ()))
    for name in ("file", "model", "process", "curve", *MODEL):
        value = getattr(chosen, name)
        if name not in heeds and value not in (None, "", []):
            of = f"{chosen.kind} --model" if chosen.model else chosen.kind
            told = name.upper() if name == "file" else flag(name)
            raise BadOption(f"sweep {of} makes no use of {told} {value}: the study settles that", name, value, heeds)


def _permutations(chosen: argparse.Namespace) -> Plan:
    chosen.seed = 1 if chosen.seed is None else chosen.seed
    if bool(chosen.model) == bool(chosen.file):
        raise BadOption(
            "sweep permutations: give a FILE with its flags, or --model of the study, one of both", "model", chosen.model, "one"
        )
    if chosen.model:
        return _of_study(chosen)
    specification, asked = estimate.specify(chosen), estimate.reading_of(chosen)
    permutations.check_estimator(chosen.estimator)
    if permutations.OPTION in specification.options:
        raise BadOption(f"--option {permutations.OPTION}: --size says how many", permutations.OPTION, chosen.size, "--size")
    method = method_of(chosen.estimator)
    method.check(specification, given(specification))
    options = method.read(specification)
    named = [value if isinstance(value, list) else [value] for value in vars(options).values()]
    also = [*(str(name) for values in named for name in values if isinstance(name, str | int)), *method.columns, "evidence"]
    about = permutations.of_file(specification, estimate.roles_of(specification), asked, also)
    return _plan(chosen, chosen.seed, about, Path(chosen.file))


def _of_study(chosen: argparse.Namespace) -> Plan:
    study = load()
    if chosen.model not in study["specifications"]:
        raise unknown(chosen.model, study["specifications"], "--model", "specification")
    settings = study["specifications"][chosen.model]
    permutations.check_estimator(settings["estimator"])
    outcomes = settings.get("outcomes", [])
    if chosen.outcome not in outcomes:
        raise unknown(chosen.outcome, outcomes, f"--outcome of {chosen.model}", "outcome")
    about = {
        "model": chosen.model,
        "settings": {key: value for key, value in settings.items() if key not in ("title", "outcomes", "true_effect")},
        "outcome_name": chosen.outcome,
        "outcome": study["outcomes"][chosen.outcome],
    }
    return _plan(chosen, chosen.seed, about, _built(study, settings["panel"]))


def _montecarlo(chosen: argparse.Namespace) -> Plan:
    study = load()
    if chosen.process not in study["montecarlo"]:
        raise unknown(chosen.process, study["montecarlo"], "--process", "process")
    return _plan(chosen, _seed_of(study, chosen.process), {"name": chosen.process, "settings": study["montecarlo"][chosen.process]})


def _curve(chosen: argparse.Namespace) -> Plan:
    study = load()
    if chosen.curve not in study["specification_curves"]:
        raise unknown(chosen.curve, study["specification_curves"], "--curve", "curve")
    settings = study["specification_curves"][chosen.curve] | {"draws": chosen.size}
    about = {"name": chosen.curve, "settings": settings, "panel": study["panels"][settings["panel"]], "test": claim_test(study, settings)}
    plan = _plan(chosen, _seed_of(study, chosen.curve), about, _built(study, settings["panel"]))
    return replace(plan, size=len(curve.combinations(settings)))


def _plan(chosen: argparse.Namespace, seed: int, about: dict, data: Path | None = None) -> Plan:
    if data is not None and not data.is_file():
        raise DataError(f"{data}: no such file")
    return Plan(chosen.kind, chosen.size, seed, about, str(data.resolve()) if data else "", hash_of(data), version(program_files()))


def _built(study: dict, panel: str) -> Path:
    kind = "panel" if panel in study["panels"] else "source"
    path = ROOT / file_of(kind, panel)
    if not path.exists():
        raise DataError(f"{path}: the panel is not built yet; run `make` first")
    return path


def _seed_of(study: dict, name: str) -> int:
    """Return the seed that the study gives a product of this name, so that equal sizes give the study's own numbers."""
    return seed_of(study["seed"], name)


def _show(plan: Plan, table: pd.DataFrame) -> None:
    columns = {
        "permutations": ["term", "inference", "estimate", "ci_low", "ci_high", "p_value", "draws"],
        "montecarlo": ["method", "replications", "bias", "bias_error", "coverage", "size"],
        "curve": ["outcome", "sample", "estimator", "estimate", "p_value", "main"],
    }[plan.kind]
    shown = table[table["main"]] if plan.kind == "curve" else table
    sys.stdout.write(shown[columns].to_string(index=False) + "\n")
