"""The README of the deposit, by the template of the social science data editors, from the workflow and its configuration."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analysis.core.catalogue import MODULES, ingredients, modules
from analysis.core.contracts import DataError
from analysis.core.paths import PROCESSED
from analysis.provenance.printed import printed_numbers
from analysis.review import runtime
from analysis.review.deposit import data, results
from analysis.review.deposit.metadata import citation, title
from analysis.validation.benchmarks.speed import machine
from bootstrap import SUPPORTED

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
NAMED = re.compile(r"^([A-Za-z0-9._-]+)", re.MULTILINE)
# Bins of the template: upper end in minutes, and in MB.
RUNTIME = ((10, "<10 minutes"), (60, "10-60 minutes"), (120, "1-2 hours"), (480, "2-8 hours"), (1440, "8-24 hours"), (4320, "1-3 days"))
STORAGE = ((25, "< 25 MBytes"), (250, "25 MB - 250 MB"), (2_000, "250 MB - 2 GB"), (25_000, "2 GB - 25 GB"), (250_000, "25 GB - 250 GB"))
# Measured: the whole run with the start of each job's process, on two cores when nothing else ran.
WHOLE_RUN_MINUTES, WHOLE_RUN_CORES = 16, "two"
ENVIRONMENT_MB = 1_600  # measured, Python 3.11 on Linux
DESCRIBED = ("source", "panel", "check", "facts")
RULE = re.compile(r'^"""(?P<what>.*?)\n\nNeeds: (?P<needs>.*?)\nMakes: (?P<makes>.*?)"""', re.DOTALL)


def readme(study: dict, root: Path, held: list[str], graph: dict) -> str:
    """Return the README as Markdown; `held` are the paths of the deposit, `graph` the provenance of the run."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    environment.filters["cell"] = cell
    about = citation(root)
    found = data.sources(study, root, set(held))
    files = data.files(study, found, graph)
    parts = {
        "title": title(study, root),
        "paper": study["title"],
        "authors": "; ".join(map(_name, about["authors"])),
        "version": about["version"],
        "date": about["date-released"],
        "year": str(about["date-released"])[:4],
        "licence": about["license"],
        "deposit": study["deposit"],
        "cards": data.cards(root, found),
        "files": files,
        "provided": sum(file["provided"] for file in files),
        "external": not all(file["provided"] for file in files),
        "own_firms": graph["nodes"]["raw:firm_files"]["evidence"] == "real",
        "citations": sorted({source["citation"].rstrip(".") + "." for source in found}),
        "exhibits": results.exhibits(root, graph, printed_numbers(root, study["documents"].values()), results.places(root)),
        "numbers": results.in_text(root, graph),
        "rules": rules(root),
        "programs": programs(),
        "specifications": specifications(study),
        "seed": study["seed"],
        "simulation_seed": study["simulation"]["seed"],
        **software(root),
        **requirements(root, held),
    }
    text = environment.get_template("README.md.jinja").render(parts)
    # Blank lines of loops are no paragraphs; a heading stands alone.
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"\n(?=#{2,4} )", "\n\n", text)).rstrip() + "\n"


def _name(author: dict) -> str:
    return author.get("name") or f"{author['given-names']} {author['family-names']}"


def cell(text: object) -> str:
    """Return text fit for a cell of a Markdown table: one line, nothing read as markup."""
    return re.sub(r"([|*_`<\[\]\\])", r"\\\1", " ".join(str(text).split()))


def software(root: Path) -> dict:
    """Return Python's versions, the packages that a person named with their locked versions, and all locked ones."""
    locked = dict(PINNED.findall((root / "requirements.lock").read_text(encoding="utf-8")))
    named = NAMED.findall((root / "requirements.in").read_text(encoding="utf-8"))
    versions = [".".join(map(str, version)) for version in SUPPORTED]
    return {
        "python": f"{', '.join(versions[:-1])} or {versions[-1]}",
        "locked": locked,
        "packages": {name: locked[name] for name in sorted(named)},
    }


def requirements(root: Path, held: list[str]) -> dict:
    """Return measured time, memory and storage, with the template's bins ticked."""
    stages = runtime.stages(root / "logs")
    minutes = sum(row["seconds"] for row in stages) / 60
    megabytes = {
        "deposit": round(sum((root / path).stat().st_size for path in held if (root / path).exists()) / 1e6),
        "processed": round(sum(path.stat().st_size for path in (root / PROCESSED).rglob("*") if path.is_file()) / 1e6),
    }
    return {
        "stages": stages,
        "minutes": f"{minutes:.0f}" if stages else "(not measured)",
        "unmeasured": sum(row["jobs"] - row["measured"] for row in stages),
        "peak": f"{max((row['peak'] for row in stages), default=0):.0f}",
        "machine": machine(),
        "whole": WHOLE_RUN_MINUTES,
        "whole_cores": WHOLE_RUN_CORES,
        "storage": megabytes,
        "environment": ENVIRONMENT_MB,
        "runtime_ticks": _ticks(max(minutes, WHOLE_RUN_MINUTES) if stages else None, RUNTIME, "> 3 days"),
        "storage_ticks": _ticks(sum(megabytes.values()) + ENVIRONMENT_MB, STORAGE, "> 250 GB"),
    }


def _ticks(value: float | None, bins: tuple, last: str) -> list[tuple[str, str]]:
    ends = [end for end, _ in bins] + [float("inf")]
    place = None if value is None else next(i for i, end in enumerate(ends) if value < end)
    return [("x" if i == place else " ", words) for i, words in enumerate([*(words for _, words in bins), last])]


def rules(root: Path) -> list[dict]:
    """Return one row per rule file: file, and what it says of itself (what, needs, makes)."""
    found = []
    for path in sorted((root / "workflow/rules").glob("*.smk")):
        about = RULE.match(path.read_text(encoding="utf-8"))
        if about is None:
            raise DataError(f"{path.name} does not begin with what it is, needs and makes")
        found.append({"file": path.relative_to(root).as_posix(), **about.groupdict()})
    return found


def programs() -> list[dict]:
    """Return one row per program that makes a table or facts: program, function, name, source (what it is made from)."""
    return [
        {"program": path, "function": MODULES[kind][1], "name": name, "source": ingredients(kind, name)}
        for kind in DESCRIBED
        for name, path in modules(kind).items()
    ]


def specifications(study: dict) -> list[dict]:
    """Return one row per specification: name, program, panel, seed."""
    estimators = modules("estimator")
    return [
        {"name": name, "program": estimators[about["estimator"]], "panel": about["panel"], "seed": about["seed"]}
        for name, about in study["specifications"].items()
    ]
