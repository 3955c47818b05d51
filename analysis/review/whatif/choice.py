"""Which model and outcome a word names, and whether its estimator can use what is chosen, before anything is estimated."""

from __future__ import annotations

from collections.abc import Callable

from analysis.core.catalogue import outcomes_of
from analysis.core.errors import BadOption, unknown
from analysis.core.estimation import specify
from analysis.core.method import method_of
from analysis.core.specification import given
from analysis.review.whatif.changes import Variant

# The panel's block gives these to every model, whether its estimator uses them or not.
FROM_PANEL = ("unit", "time", "cluster")


def named(study: dict, model: str, outcome: str, is_real: Callable[[str], bool]) -> tuple[str, str]:
    """Return the specification and outcome that a model or claim names; `is_real` says whether a panel holds real data."""
    if model in study["claims"]:
        tests = tests_in_order(study, model, is_real)
        if not tests:
            raise BadOption(
                f"whatif: claim {model} has no estimate: {_why_none(study['claims'][model])}",
                "model",
                model,
                "a model, or a claim with an estimate",
            )
        chosen = next((test for test in tests if not outcome or test.get("outcome") == outcome), tests[0])
        model, outcome = chosen["from"], outcome or chosen.get("outcome", "")
    if model not in study["specifications"]:
        raise unknown(model, [*study["specifications"], *study["claims"]], "whatif", "model")
    offered = outcomes_of(study["specifications"][model])
    if outcome and outcome not in offered:
        raise unknown(outcome, offered, f"whatif: {model}", "outcome")
    return model, outcome or offered[0]


def tests_in_order(study: dict, claim: str, is_real: Callable[[str], bool]) -> list[dict]:
    """Return a claim's tests, real evidence first: the simulated cohort stands in for firm files that a reader may have."""
    about = study["claims"][claim]
    firms = about.get("firms", [])
    real = [test for test in firms if is_real(study["specifications"][test["from"]]["panel"])]
    return [*about.get("tests", []), *real, *about.get("context", []), *(test for test in firms if test not in real)]


def _why_none(claim: dict) -> str:
    """Return in words why nothing is estimated for a claim."""
    if claim["kind"] == "normative":
        return "a recommendation, not a statement of fact"
    return claim.get("gate") or f"no source at hand holds {'; '.join(claim.get('missing', ['what would test it']))}"


def check(model: str, variant: Variant, outcome: str) -> None:
    """Refuse what the chosen estimator cannot use."""
    specification = specify(model, variant.settings, outcome)
    method = method_of(variant.settings["estimator"])
    known = {one for need in (*method.needs, *method.accepts) for one in need.split("|")}
    chosen = given(specification)
    if variant.outcome is None:  # the outcome "none" is a name for having none
        chosen.discard("outcome")
    method.check(specification, {name for name in chosen if name in known or name not in FROM_PANEL})
    method.read(specification)
