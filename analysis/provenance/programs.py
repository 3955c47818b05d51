"""The program that makes a product: its module, and the version of everything that a job of it runs."""

from __future__ import annotations

from analysis.core.catalogue import module_of, modules, program, source_files
from analysis.core.comparisons import made_by
from analysis.provenance.files import code_version

# Kind of product → the stage whose code makes it and the kind of its module.
OWN = {
    "source": ("clean", "source"),
    "panel": ("build", "panel"),
    "facts": ("exhibit", "facts"),
    "check": ("check", "check"),
    "figure": ("exhibit", "figure"),
    "table": ("exhibit", "table"),
}
# Kind of product that has no module of its own → the module that says how it is made, and the stage that runs it.
SHARED = {
    "curve": ("analysis/specification_curve/explore.py", "curve"),
    "curve_joint": ("analysis/specification_curve/joint.py", "curve"),
    "verdicts": ("analysis/core/claims.py", "judge"),
    "montecarlo": ("analysis/simulations/monte_carlo.py", "montecarlo"),
}


def program_of(study: dict, kind: str, name: str) -> dict:
    """Return module, number of files and SHA-256 of the code that makes product `name`; an empty block for what no code makes."""
    if kind in OWN:
        stage, _ = OWN[kind]
        own, name = made_by(study["exhibits"], OWN[kind][1], name)
        return {"module": modules(own)[name], **code_version(program(stage, own, name))}
    if kind == "estimates":
        estimator = study["specifications"][name]["estimator"]
        return {"module": modules("estimator")[estimator], **code_version(program("estimate", "estimator", estimator))}
    if kind == "data_generating_process":
        process = study["montecarlo"][name]
        files = {*program("montecarlo", "data_generating_process", process["data_generating_process"]), *_estimators(process["methods"])}
        return {"module": modules("data_generating_process")[process["data_generating_process"]], **code_version(files)}
    if kind in SHARED:
        module, stage = SHARED[kind]
        return {"module": module, **code_version(_of_stage(stage) | _estimators(_methods(study, kind, name)))}
    return {}


def _of_stage(stage: str) -> set[str]:
    return {path for root in (f"analysis.jobs.{stage}", "analysis.jobs.job") for path in source_files(root)}


def _methods(study: dict, kind: str, name: str) -> dict:
    """Return the estimators that a curve names besides its own regression; they are loaded by name, not imported."""
    return study["specification_curves"][name.removesuffix("_joint")].get("estimators", {}) if kind.startswith("curve") else {}


def _estimators(methods: dict) -> set[str]:
    return {path for method in methods.values() for path in source_files(module_of("estimator", method["estimator"], "config"))}
