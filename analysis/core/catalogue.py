"""What the study is made of, and what each part is made from.

A file is named after the product it makes; the arguments of its function are the products it is made from,
as pytest fixtures work: `def draw(province_event_study, province_year)` *is* the rule's list of inputs.
Modules are parsed here, never executed, so that a dry run costs nothing.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from analysis.core.errors import UnknownName, unknown

ROOT = Path(__file__).resolve().parents[2]
# Endings of files that are programs, workflow or configuration.
PROGRAMS = (".py", ".smk", ".yaml", ".html", ".css", ".js", ".typ")
# Which machine runs the jobs and what they take there: no result depends on it, so that it is no part of a version.
WHERE_IT_RUNS = ("config/cluster.yaml", "workflow/profiles/slurm/")

# Kind of product → folder of its modules and the function that makes it.
MODULES = {
    "source": ("analysis/sources", "clean"),
    "panel": ("analysis/panels", "build"),
    "estimator": ("analysis/estimators", "estimate"),
    "check": ("analysis/validation", "check"),
    "data_generating_process": ("analysis/simulations/data_generating_processes", "simulate"),
    "figure": ("analysis/exhibits/figures", "draw"),
    "table": ("analysis/exhibits/tables", "layout"),
    "facts": ("analysis/exhibits/facts", "count"),
    "listed figure": ("analysis/exhibits/figures/listed", "draw"),
    "listed table": ("analysis/exhibits/tables/listed", "layout"),
}


# An import statement of the project, wherever it is indented: the module, and the names where it gives them.
IMPORTED = re.compile(r"^[ \t]*(?:from|import) (analysis(?:\.\w+)*)(?: import (\([^)]*\)|[^\n#]*))?", re.MULTILINE)


def modules(kind: str) -> dict[str, str]:
    """Return product name → module path (relative to the repository) of every module of a kind."""
    folder, _ = MODULES[kind]
    return dict(_listed(folder, (ROOT / folder).stat().st_mtime_ns))


@cache
def _listed(folder: str, changed: int) -> dict[str, str]:
    """Return the modules of a folder; `changed` is when its list of files last did."""
    return {path.stem: f"{folder}/{path.name}" for path in sorted((ROOT / folder).glob("[!_]*.py"))}


def module_of(kind: str, name: str, context: str) -> str:
    """Return the dotted module that makes product `name`, or raise UnknownName."""
    found = modules(kind)
    if name not in found:
        raise unknown(name, found, context, kind)
    return found[name].removesuffix(".py").replace("/", ".")


@cache
def ingredients(kind: str, name: str) -> tuple[str, ...]:
    """Return the argument names of the function that makes product `name` of a kind."""
    path = ROOT / modules(kind)[name]
    verb = MODULES[kind][1]
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == verb:
            return tuple(argument.arg for argument in node.args.args)
        # Members of a family of estimators are made by one function: METHOD, estimate = declared(...).
        if kind == "estimator" and isinstance(node, ast.Assign) and verb in ast.unparse(node.targets[0]).strip("()").split(", "):
            return ("panel", "specification")
    raise UnknownName(f"{modules(kind)[name]} has no function '{verb}', which a {kind} needs.")


def outcomes_of(specification: dict) -> list[str]:
    """Return the outcomes of a specification; 'none' where the model has no outcome variable."""
    return specification.get("outcomes") or ["none"]


@cache
def source_files(module: str) -> list[str]:
    """Return every project file that `module` imports, directly or not, itself included.

    Snakemake does not watch what a job imports; rules have the version of these files among their parameters.
    Paths are relative to the repository, so that they mean the same in every checkout.
    """
    found, queue = set(), [module]
    while queue:
        stem = ROOT.joinpath(*queue.pop().split("."))
        path = stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
        if path in found or not path.exists():
            continue
        found.add(path)
        queue += _imports(path)
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def program_files() -> list[str]:
    """Return every file of programs, workflow and configuration but for WHERE_IT_RUNS: the code whose version stands beside the results."""
    found = [path for top in ("analysis", "workflow", "config") for path in (ROOT / top).rglob("*") if path.suffix in PROGRAMS]
    names = (path.relative_to(ROOT).as_posix() for path in found)
    return sorted(name for name in names if not name.startswith(WHERE_IT_RUNS))


def version(files: Iterable[str]) -> str:
    """Return one fingerprint of the contents of these files and of their names."""
    return hashlib.sha256("".join(f"{name} {_digest(name)} " for name in sorted(set(files))).encode()).hexdigest()[:16]


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def program(stage: str, kind: str, name: str) -> list[str]:
    """Return every source file that a job of `stage` runs: the stage's own and the import closure of the product's module."""
    roots = (f"analysis.jobs.{stage}", "analysis.jobs.job", module_of(kind, name, "workflow"))
    return sorted({path for root in roots for path in source_files(root)})


@cache
def _imports(path: Path) -> tuple[str, ...]:
    """Return the modules of the project that a file may import, by its import statements; parsing it all would take far longer."""
    found: list[str] = []
    for module, names in IMPORTED.findall(path.read_text(encoding="utf-8")):
        words = (name.partition(" as ")[0].strip() for name in names.strip("()").split(","))
        found += [module, *(f"{module}.{name}" for name in words if name)]
    return tuple(found)
