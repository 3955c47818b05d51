"""A regression with fixed effects, and how strong an omitted confounder must be to undo it (inference.omitted_variables)."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.distributions import t_quantile
from analysis.core.estimates import NotIdentified, noted, parameter, parted, refused
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._regression import counts_of
from analysis.estimators._two_way import rows_of_panel, treatment_design
from analysis.inference import omitted_variables as omitted
from analysis.inference.absorb import absorbed
from analysis.inference.least_squares import PERFECT, fit
from analysis.inference.rank import project

METHOD = Method(
    title="Sensitivity of a regression to unobserved confounders",
    citation="Oster (2019), JBES 37: 187-204; Cinelli and Hazlett (2020), JRSS-B 82: 39-67",
    library="analysis",
    needs=("outcome", "unit", "time", "cohort|treatment", "controls"),
    accepts=("fixed_effects", "cluster"),
    options={
        "r2_factor": Option(1.3, "greatest R2 as a multiple of that with controls, at most 1 (Oster)", minimum=1.0),
        "level": Option(0.05, "level of the test that a confounder would undo", minimum=0.0),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'att' with controls (clustered), 'att_short' without, and what a confounder must be; R2 net of the effects.

    'partial_r2' of the treatment with the outcome; 'robustness_value': partial R2 with both that brings the estimate to
    zero, and 'robustness_value_significance' below significance; 'adjusted', a control its setting: the estimate given a confounder as
    strong as that control, 'strength': the smaller of its partial R2; all with unclustered errors, as the partial R2
    implies, but for 'robustness_value_clustered': the partial R2 that brings the estimate to where its clustered error, taken
    as it is, leaves it insignificant. 'oster_delta': how much more the unobserved must matter than the controls for no
    effect; 'oster_effect': the effect if they matter as much.
    Raises NotIdentified when nothing is left of the treatment, or of the outcome.
    """
    options = METHOD.read(specification)
    data = rows_of_panel(panel, specification)
    design = treatment_design(data, specification, specification.treatment or "treatment", "cluster")
    clustered = fit(design, "cluster")
    if clustered.notes[0] == PERFECT:
        raise NotIdentified(*parted(PERFECT))
    net = np.column_stack([clustered.outcome, clustered.regressors])
    given = omitted.coefficients(net[:, 0], net[:, 1], net[:, 2:])
    counts = counts_of(data, specification, clustered)
    degrees = len(data) - design.regressors.shape[1] - absorbed(design.effects, None)
    error = clustered.errors[0]
    main = parameter("att", given.long, error, inference="cluster", degrees=clustered.degrees, **counts, **noted(clustered.notes[0]))
    # What may be taken away before a clustered test no longer rejects; the partial R2 of that part knows no clusters.
    share = max(0.0, 1 - t_quantile(1 - options.level / 2, clustered.degrees) * error / abs(given.long))
    partial = _partial(net, degrees, given.long, specification.controls, options.level, share, counts)
    return [main, *partial, *_oster(given, options, counts)]


def _partial(
    net: np.ndarray, degrees: int, effect: float, controls: tuple[str, ...], level: float, share: float, counts: dict
) -> list[dict]:
    """Return the rows of Cinelli and Hazlett, from columns (outcome, treatment, controls) net of the effects.

    `share` of the estimate is what its clustered test can lose.
    """
    outcome, regressors = net[:, 0], net[:, 1:]
    projection = project(regressors, ("treatment", *controls))
    slopes = projection.coefficients(outcome)
    spread = ((outcome - regressors @ slopes) ** 2).sum() / degrees
    errors = np.sqrt(spread * np.diag(projection.bread))
    ratio = effect / errors[0]
    values = {
        "partial_r2": omitted.partial_r2(ratio, degrees),
        "robustness_value": omitted.robustness_value(ratio, degrees),
        "robustness_value_significance": omitted.robustness_value(ratio, degrees, level=level),
        "robustness_value_clustered": omitted.robustness_value(ratio, degrees, share=share),
    }
    rows = [parameter(term, value, inference="none", **counts) for term, value in values.items()]
    among = regressors[:, 1:]
    projection = project(among, controls)
    own = projection.bread
    on_treatment = projection.coefficients(regressors[:, 0])
    left = ((regressors[:, 0] - among @ on_treatment) ** 2).sum() / (degrees + 1)
    for i, name in enumerate(controls):
        with_treatment = omitted.partial_r2(on_treatment[i] / np.sqrt(left * own[i, i]), degrees + 1)
        with_outcome = omitted.partial_r2(slopes[i + 1] / errors[i + 1], degrees)
        try:
            strength = omitted.as_strong_as(with_treatment, with_outcome)
        except NotIdentified as impossible:
            rows.append(refused("strength", impossible.code, str(impossible), setting=name))
            continue
        # What a confounder must have of both to undo the estimate is compared with the smaller of what the control has.
        rows.append(parameter("strength", min(strength), setting=name, inference="none", **counts))
        changed, error = omitted.adjusted(effect, errors[0], degrees, *strength)
        rows.append(parameter("adjusted", changed, error, setting=name, inference="unadjusted", degrees=degrees - 1, **counts))
    return rows


def _oster(given: omitted.Coefficients, options: SimpleNamespace, counts: dict) -> list[dict]:
    greatest = min(1.0, options.r2_factor * given.long_r2)
    values = {
        "att_short": given.short,
        "oster_delta": omitted.proportion(given, greatest),
        "oster_effect": omitted.bias_adjusted(given, greatest),
    }
    return [parameter(term, value, inference="none", **counts) for term, value in values.items()]
