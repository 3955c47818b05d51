"""One case for every estimator: a table on which it has something to estimate, and a specification of it.

A method that SETTINGS says nothing of runs on the columns that it declares to need. Data are simulated (validation._trial_data).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

import pandas as pd

from analysis.core.estimates import NotIdentified
from analysis.core.method import method_of
from analysis.core.specification import Specification
from analysis.validation import _trial_data


@dataclass(frozen=True)
class Case:
    """One estimator on one table: the table's name in checks._trial_data, the fields and options of its specification, a seed."""

    estimator: str
    table: str
    fields: dict
    options: dict
    seed: int = 1

    def data(self) -> pd.DataFrame:
        return getattr(_trial_data, self.table)(self.seed)

    def specification(self) -> Specification:
        return Specification(f"trial of {self.estimator}", self.estimator, options=self.options, seed=7, **self.fields)


PANEL = {"outcome": "y", "unit": "firm", "time": "year"}
COHORT = {**PANEL, "cohort": "g"}
STATIC = {**PANEL, "treatment": "d", "controls": ("x",)}
SPELL = {"duration": "months", "event": "failed"}
RISK = {**SPELL, "unit": "id", "entry": "start", "treatment": "tr", "controls": ("x",)}
# What differs from the columns that a method declares: another kind of outcome, options that it cannot do without, few draws.
SETTINGS: dict[str, dict] = {
    "accelerated_exposure": {"table": "switching", "fields": {**RISK, "cluster": ("city",)}, "options": {"exposed_share": True}},
    "arellano_bond": {"fields": {**PANEL, "controls": ("x",)}, "options": {"collapse": True}},
    "blundell_bond": {"fields": {**PANEL, "controls": ("x",)}, "options": {"collapse": True}},
    "attrition_bounds": {"table": "stacks", "options": {"event_times": [1], "excess_survival": [0.1], "bootstrap_draws": 19}},
    "between": {"fields": {**PANEL, "controls": ("x", "size")}},
    "binomial_share": {"table": "deals", "fields": {}, "options": {"hit": "green", "hit_value": "yes"}},
    "class_composition": {"table": "deals", "fields": {"time": "year"}, "options": {"column": "underlying", "bootstrap_draws": 19}},
    "competing_risks": {"fields": {"duration": "months", "event": "kind", "strata": ("sector",)}, "options": {"times": [4.0, 8.0]}},
    "concentration": {"table": "deals", "fields": {"unit": "place"}, "options": {"bootstrap_draws": 19}},
    "country_exposure": {"options": {"country": "place", "exposed": "p3", "first": 2005, "min_units": 2}},
    "de_chaisemartin_dhaultfoeuille": {"fields": {**PANEL, "treatment": "switch"}, "options": {"effects": 2}},
    "difference_of_effects": {"options": {"outcomes": ["y2"], "draws": 19}},
    "discrete_time_hazard": {"fields": {"duration": "whole", "event": "failed", "treatment": "tr", "controls": ("x",)}},
    "fine_gray": {"fields": {"duration": "months", "event": "kind", "treatment": "tr", "controls": ("x",)}},
    "fractional_response": {"fields": {**STATIC, "outcome": "share"}},
    "gray_test": {"fields": {"duration": "months", "event": "kind", "strata": ("sector",)}},
    "kaplan_meier": {"fields": {**SPELL, "entry": "start", "strata": ("sector",)}, "options": {"times": [4.0, 8.0]}},
    "log_rank": {"fields": {**SPELL, "strata": ("sector",)}},
    "misclassification_bounds": {"options": {"n_hidden": 1, "hidden_cohorts": [2005], "randomization_draws": 19}},
    "mixture_cure": {"fields": {**SPELL, "treatment": "tr"}},
    "mixture_cure_regression": {"fields": {**SPELL, "treatment": "tr", "controls": ("x",), "cluster": ("city",)}},
    "order_of_appearance": {"table": "deals", "fields": {"time": "year"}, "options": {"column": "underlying"}},
    "poisson_pseudo_likelihood": {"fields": {**STATIC, "outcome": "count", "fixed_effects": ("firm", "year")}},
    "poisson_trend": {"table": "deals", "fields": {"time": "year"}},
    "quantile_regression": {"fields": {"outcome": "y", "treatment": "d", "controls": ("x",)}, "options": {"bootstrap_draws": 9}},
    "rate_ratio": {"table": "series", "fields": {}},
    "recurrent_events": {"table": "histories", "fields": {**RISK, "treatment": "", "controls": ("x",)}},
    "restricted_mean_survival": {"fields": {**SPELL, "entry": "start", "treatment": "tr"}},
    "romano_wolf": {"options": {"outcomes": ["y2"], "draws": 19}},
    "romano_wolf_cohorts": {"options": {"outcomes": ["y2"], "draws": 19}},
    "romano_wolf_stacks": {"table": "stacks", "options": {"cell": "cell", "outcomes": ["y2"], "draws": 19, "event_window": [-3, 2], "effect_window": [0, 2]}},
    "sample_mean": {"fields": {}, "options": {"column": "x"}},
    "stacked_did": {"fields": COHORT, "options": {"event_window": [-3, 2], "effect_window": [0, 2]}},
    "synthetic_cases": {"table": "few"},
    "synthetic_control": {"table": "few"},
    "synthetic_did": {"table": "few", "options": {"placebo_draws": 9}},
    "triple_difference": {"options": {"eligible": "eligible"}},
    "two_stage_least_squares": {
        "fields": {**PANEL, "treatment": "price", "controls": ("x",), "instruments": ("z",), "fixed_effects": ("firm", "year")}
    },
}  # fmt: skip
# The column that a method uses for a field, where SETTINGS does not say.
STANDARD = {
    "outcome": "y", "unit": "firm", "time": "year", "cohort": "g", "treatment": "d", "controls": ("x",), "duration": "months",
    "event": "failed", "instruments": ("z",), "strata": ("sector",), "upper": "upper",
}  # fmt: skip


def case_of(estimator: str) -> Case:
    """Return the case of an estimator: what SETTINGS says, else the standard column of each field it needs."""
    method, settings = method_of(estimator), SETTINGS.get(estimator, {})
    fields = settings.get("fields")
    if fields is None:
        fields = {need.split("|")[0]: STANDARD[need.split("|")[0]] for need in method.needs}
        if "duration" in fields and "treatment" in fields:
            fields |= {"treatment": "tr", "controls": ("x",)}
        if "duration" in fields and "entry" in method.accepts:
            fields |= {"entry": "start"}
        if "cohort|treatment" in method.needs and "controls" in method.accepts and not settings.get("options"):
            fields |= {"controls": ("x",)}
    table = settings.get("table", "spells" if "duration" in fields else "panel")
    return Case(estimator, table, {field: value for field, value in fields.items() if value}, settings.get("options", {}))


def run(data: pd.DataFrame, specification: Specification) -> list[dict] | str:
    """Return the rows, or the code of the refusal."""
    try:
        return import_module(f"analysis.estimators.{specification.estimator}").estimate(data, specification)
    except NotIdentified as error:
        return error.code
