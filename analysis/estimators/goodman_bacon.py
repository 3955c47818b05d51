"""What static two-way fixed effects weigh (Goodman-Bacon 2021, J. Econometrics 225: 254-277), by diff-diff."""

from __future__ import annotations

import pandas as pd
from diff_diff import BaconDecomposition

from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._cohorts import cohort_panel, counts_of, need_balance

METHOD = Method(
    title="Goodman-Bacon decomposition of two-way fixed effects",
    citation="Goodman-Bacon (2021), J. Econometrics 225: 254-277, theorem 1",
    library="diff-diff",
    needs=("outcome", "unit", "time", "cohort|treatment"),
)
# Names of the library → ours.
COMPARISONS = {"treated_vs_never": "treated_vs_untreated", "earlier_vs_later": "earlier_vs_later", "later_vs_earlier": "later_vs_earlier"}


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'att' (the two-way fixed-effects coefficient), and by kind of comparison 'effect:<kind>' and 'weight:<kind>'.

    Weights add to one, and effects weighted by them to the coefficient. later_vs_earlier compares with already-treated controls:
    units already treated serve as controls. Units treated in every period serve beside those never treated, in
    treated_vs_untreated. Descriptive: no inference. Raises NotIdentified when the panel is unbalanced.
    """
    METHOD.read(specification)
    data = cohort_panel(panel, specification, keep_always=True)
    need_balance(data, "the decomposition exists for balanced panels only")
    counts = counts_of(data)
    # Treated in every period is untreated in every period as far as changes go (his footnote 11).
    data["cohort"] = data["cohort"].where(data["cohort"] > data["time"].min(), 0)
    if data["cohort"].nunique() < 2:
        raise NotIdentified("SUPPORT", "all units are first treated in the same period, or none is: there is nothing to compare with")
    # The library iterates to an absolute tolerance: in standard units it does not matter what the outcome is measured in.
    spread = float(data["outcome"].std())
    data["outcome"] = (data["outcome"] - data["outcome"].mean()) / spread
    result = BaconDecomposition(weights="exact").fit(data, "outcome", "unit", "time", "cohort")
    table = result.to_dataframe()
    rows = [parameter("att", spread * result.twfe_estimate, inference="none", library="diff-diff", **counts)]
    for theirs, ours in COMPARISONS.items():
        part = table[table["comparison_type"] == theirs]
        weight = float(part["weight"].sum())
        rows.append(parameter(f"weight:{ours}", weight, inference="none", library="diff-diff", **counts))
        if weight > 0:
            effect = spread * float((part["weight"] * part["estimate"]).sum() / weight)
            rows.append(parameter(f"effect:{ours}", effect, inference="none", library="diff-diff", **counts))
    return rows
