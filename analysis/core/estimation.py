"""A specification of the study applied to its panel: the sample, the estimator, and rows of the contract, or why there are none."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pandas as pd

from analysis.core.estimates import ABSENT, NotIdentified, complete, refused
from analysis.core.preparation import balanced, blank_controls, prepare
from analysis.core.specification import LISTS, SHARED, Specification
from analysis.core.storage import is_absent

# The study gives these to every model, whether its estimator uses them or not.
COMMON = ("outcome", "unit", "time", "cluster")


def estimated(panel: pd.DataFrame, name: str, settings: dict, outcome_name: str, outcome: dict | None, contract: dict) -> pd.DataFrame:
    """Return the Estimate table of one outcome. What cannot be identified becomes a row with its reason."""
    identity = {
        "model_id": name,
        "outcome": outcome_name,
        "estimand": settings["estimand"],
        "estimator": settings["estimator"],
        "sample": settings["sample"],
        "evidence": panel.attrs["evidence"],
    }
    blank = blank_controls(panel, settings)
    specification = specify(name, settings, outcome_name, blank)
    if blank:
        identity["left_out"] = f"{', '.join(blank)} (blank in every row)"
    if is_absent(panel):
        rows = [refused("att", ABSENT, is_absent(panel))]
    else:
        where, names = settings.get("where", {}), (settings.get("unit", ""), settings.get("time", ""))
        sample = prepare(panel, where, outcome, outcome_name, *names)
        for other, about in settings.get("family_outcomes", {}).items():
            sample[other] = prepare(panel, where, about, other, *names)[other]
        try:
            if settings.get("balanced"):
                sample = balanced(sample, outcome_name, settings["unit"], settings["time"])
            if sample.empty:
                raise NotIdentified("SUPPORT", "no row of the panel meets the conditions of the sample")
            if outcome is not None and sample[outcome_name].isna().all():
                raise NotIdentified("FIELD", f"no value of '{outcome['column']}' is at hand")
            module = import_module(f"analysis.estimators.{settings['estimator']}")
            if blank and "controls" in module.METHOD.needs and not specification.controls:
                raise NotIdentified("FIELD", f"the method needs controls, and no value of {', '.join(blank)} is at hand")
            rows = module.estimate(sample, module.METHOD.sparing(specification, COMMON))
        except NotIdentified as error:
            rows = [refused("att", error.code, str(error))]
        except np.linalg.LinAlgError as error:
            rows = [refused("att", "SINGULAR", f"a matrix could not be inverted ({error})")]
    return complete(rows, identity, contract)


def specify(name: str, settings: dict, outcome_name: str, without: tuple[str, ...] = ()) -> Specification:
    """Return the Specification of one outcome from its block in config/specifications, less the controls in `without`."""
    given: dict = {key: tuple(settings[key]) if key in LISTS else settings[key] for key in SHARED if key in settings}
    if "family_outcomes" in settings:
        given["options"] = {**given.get("options", {}), "outcomes": list(settings["family_outcomes"])}
    given["controls"] = tuple(control for control in given.get("controls", ()) if control not in without)
    # A duration is its own outcome.
    outcome = "" if "duration" in settings else outcome_name
    return Specification(name=name, outcome=outcome, **given)
