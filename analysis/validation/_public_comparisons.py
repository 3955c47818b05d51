"""Estimators of the suite by other implementations, on public data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from analysis.core.specification import Specification
from analysis.validation import _datasets
from analysis.validation._pairs import Pair, estimates_of, row_of


def _county(estimator: str, **options: Any) -> list[dict]:
    s = Specification("second", estimator, "lemp", "countyreal", "year", cohort="cohort", options=options)
    return estimates_of(s, _datasets.county_employment())


def _effects(rows: list[dict]) -> dict[int, dict]:
    return {r["event_time"]: r for r in rows if r["term"] == "event" and r["inference"] in ("cluster", "analytic")}


COUNTY = ("lemp", "countyreal", "year", "cohort")


def sun_abraham_diff_diff() -> Iterator[Pair]:
    from diff_diff import SunAbraham

    ours = _county("sun_abraham", aggregation="dynamic")
    theirs = SunAbraham().fit(_datasets.county_employment(), *COUNTY)
    yield "att", "estimate", row_of(ours, "att")["estimate"], theirs.overall_att
    yield "att", "std_error", row_of(ours, "att")["std_error"], theirs.overall_se
    for e, row in _effects(ours).items():
        yield f"event {e}", "estimate", row["estimate"], theirs.event_study_effects[e]["effect"]
        yield f"event {e}", "std_error", row["std_error"], theirs.event_study_effects[e]["se"]


def two_stage_diff_diff() -> Iterator[Pair]:
    from diff_diff import TwoStageDiD

    ours = row_of(_county("gardner_two_stage"), "att")
    theirs = TwoStageDiD(cluster="countyreal").fit(_datasets.county_employment(), *COUNTY)
    yield "att", "estimate", ours["estimate"], theirs.overall_att
    yield "att", "std_error", ours["std_error"], theirs.overall_se


def local_projections_diff_diff() -> Iterator[Pair]:
    from diff_diff import LPDiD

    data = _datasets.county_employment()
    data["d"] = ((data["cohort"] > 0) & (data["year"] >= data["cohort"])).astype(int)
    theirs = (
        LPDiD(pre_window=3, post_window=3, cluster="countyreal")
        .fit(data, "lemp", "countyreal", "year", "d")
        .event_study.set_index("horizon")
    )
    for e, row in _effects(_county("local_projections_did", event_window=[-3, 3])).items():
        yield f"event {e}", "estimate", row["estimate"], theirs.loc[e, "coefficient"]
        yield f"event {e}", "std_error", row["std_error"], theirs.loc[e, "se"]


def imputation_extended() -> Iterator[Pair]:
    first, second = (_county(name, aggregation="dynamic") for name in ("borusyak_jaravel_spiess", "extended_two_way_fixed_effects"))
    yield "att", "estimate", row_of(first, "att")["estimate"], row_of(second, "att")["estimate"]
    for e, row in _effects(first).items():
        yield f"event {e}", "estimate", row["estimate"], _effects(second)[e]["estimate"]


def poisson_pyfixest() -> Iterator[Pair]:
    import pyfixest

    names = ("LOGR", "LOGR1", "LOGR2", "LOGR3", "LOGR4", "LOGR5")
    s = Specification("second", "poisson_pseudo_likelihood", "PAT", "obsno", "year", controls=names, fixed_effects=("obsno", "year"))
    ours = estimates_of(s, _datasets.patents_and_rd())
    theirs = pyfixest.fepois(f"PAT ~ {' + '.join(names)} | obsno + year", _datasets.patents_and_rd())
    for name in names:
        yield name, "estimate", row_of(ours, name)["estimate"], theirs.coef()[name]


def cox_lifelines() -> Iterator[Pair]:
    from lifelines import CoxPHFitter

    names = ("fin", "age", "race", "wexp", "mar", "paro", "prio")
    data = _datasets.arrests()
    ours = estimates_of(Specification("second", "cox", duration="week", event="arrest", controls=names), data)
    theirs = CoxPHFitter().fit(data[["week", "arrest", *names]], "week", "arrest")
    for name in names:
        yield name, "estimate", row_of(ours, name)["estimate"], theirs.params_[name]
        yield name, "std_error", row_of(ours, name)["std_error"], theirs.standard_errors_[name]


def cox_statsmodels() -> Iterator[Pair]:
    from statsmodels.duration.hazard_regression import PHReg

    names = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]
    data = _datasets.arrests()
    ours = estimates_of(Specification("second", "cox", duration="week", event="arrest", controls=tuple(names)), data)
    theirs = PHReg(data["week"], data[names], status=data["arrest"], ties="efron").fit()
    for position, name in enumerate(names):
        yield name, "estimate", row_of(ours, name)["estimate"], theirs.params[position]
        yield name, "std_error", row_of(ours, name)["std_error"], theirs.bse[position]


def survival_lifelines() -> Iterator[Pair]:
    from lifelines import KaplanMeierFitter
    from lifelines.statistics import multivariate_logrank_test

    data = _datasets.lung_cancer()
    columns: dict = {"duration": "time", "event": "status", "strata": ("sex",)}
    ours = estimates_of(Specification("second", "kaplan_meier", options={"times": [180, 365]}, **columns), data)
    for sex, part in data.groupby("sex"):
        theirs = KaplanMeierFitter().fit(part["time"], part["status"])
        for time in (180, 365):
            yield (
                f"survival:{time}[{sex}]",
                "estimate",
                row_of(ours, f"survival[{sex}]", setting=str(time))["estimate"],
                theirs.predict(time),
            )
    test = row_of(estimates_of(Specification("second", "log_rank", **columns), data), "log_rank")
    yield "log_rank", "estimate", test["estimate"], multivariate_logrank_test(data["time"], data["sex"], data["status"]).test_statistic


def incidence_statsmodels() -> Iterator[Pair]:
    from statsmodels.duration.survfunc import CumIncidenceRight

    # Arrests of those on parole and of those without as two kinds of ends.
    data = _datasets.arrests().assign(kind=lambda d: d["arrest"] * (1 + d["paro"]))
    options = {"times": [26, 51]}
    ours = estimates_of(Specification("second", "competing_risks", duration="week", event="kind", options=options), data)
    theirs = CumIncidenceRight(data["week"].to_numpy(), data["kind"].to_numpy())
    for kind in (1, 2):
        for time in options["times"]:
            at, row = int(np.searchsorted(theirs.times, time, side="right")) - 1, row_of(ours, f"incidence:{kind}", setting=str(time))
            yield f"incidence:{kind}:{time}", "estimate", row["estimate"], theirs.cinc[kind - 1][at]
            yield f"incidence:{kind}:{time}", "std_error", row["std_error"], theirs.cinc_se[kind - 1][at]


def difference_gmm_pydynpd() -> Iterator[Pair]:
    import contextlib
    import io

    from pydynpd import regression

    data = _datasets.employment_uk()
    names = ("w", "w_1", "k", "ys", "ys_1")
    options = {"lags": 2, "steps": "two"}
    ours = estimates_of(Specification("second", "arellano_bond", "n", "firm", "year", controls=names, options=options), data)
    lags = {"L1.n": "L1.n", "L2.n": "L2.n", "w": "w", "w_1": "L1.w", "k": "k", "ys": "ys", "ys_1": "L1.ys"}
    with contextlib.redirect_stdout(io.StringIO()):
        model = regression.abond(
            "n L(1:2).n w L1.w k ys L1.ys | gmm(n, 2:8) iv(w L1.w k ys L1.ys) | nolevel timedumm",
            data[["firm", "year", "n", "w", "k", "ys"]],
            ["firm", "year"],
        )
    table = model.models[0].regression_table.set_index("variable")
    for mine, yours in lags.items():
        yield mine, "estimate", row_of(ours, mine)["estimate"], table.loc[yours, "coefficient"]
        yield mine, "std_error", row_of(ours, mine)["std_error"], table.loc[yours, "std_err"]


def synthetic_azcausal() -> Iterator[Pair]:
    from azcausal.core.panel import CausalPanel
    from azcausal.estimators.panel.sdid import SDID
    from azcausal.util import to_panels

    data = _datasets.health_insurance()
    treated = data.loc[data["cohort"] > 0, "stfips"].unique()
    data = data[~data["stfips"].isin(treated[10:])].copy()  # ten of the treated: placebo errors need more controls
    s = Specification("second", "synthetic_did", "dins", "stfips", "year", cohort="cohort", options={"placebo_draws": 2}, seed=1)
    ours = row_of(estimates_of(s, data), "att")
    data["on"] = ((data["cohort"] > 0) & (data["year"] >= data["cohort"])).astype(int)
    panel = CausalPanel(to_panels(data, "year", "stfips", ["dins", "on"])).setup(outcome="dins", intervention="on")
    yield "att", "estimate", ours["estimate"], SDID().fit(panel).effect.value


def wild_bootstrap_diff_diff() -> Iterator[Pair]:
    from diff_diff.utils import wild_bootstrap_se

    data = _datasets.grunfeld()
    options = {"wild_bootstrap_draws": 1024, "wild_weights": "rademacher"}
    s = Specification(
        "second", "two_way_fixed_effects", "inv", "firm", "year", treatment="value", controls=("capital",), options=options, seed=1
    )
    ours = row_of(estimates_of(s, data), "value", inference="wild_cluster_bootstrap")
    dummies = pd.get_dummies(data[["firm", "year"]].astype(str), drop_first=True, dtype=float)
    x = np.column_stack([np.ones(len(data)), data[["value", "capital"]], dummies])
    y = data["inv"].to_numpy()
    residuals = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    theirs = wild_bootstrap_se(x, y, residuals, data["firm"].to_numpy(), 1, n_bootstrap=99_999, weight_type="rademacher", seed=1)
    # Drawn there, enumerated here: p-values agree to simulation error and the treatment of ties.
    yield "value", "p_value", ours["p_value"], theirs.p_value


PUBLIC = [
    ("Sun-Abraham", "diff-diff", sun_abraham_diff_diff),
    ("Gardner two-stage", "diff-diff", two_stage_diff_diff),
    ("Local projections", "diff-diff", local_projections_diff_diff),
    ("Imputation against extended two-way", "diff-diff, both", imputation_extended),
    ("Poisson with fixed effects", "pyfixest", poisson_pyfixest),
    ("Cox", "lifelines", cox_lifelines),
    ("Cox", "statsmodels", cox_statsmodels),
    ("Survival curves and log-rank test", "lifelines", survival_lifelines),
    ("Cumulative incidence", "statsmodels", incidence_statsmodels),
    ("Arellano-Bond, two-step", "pydynpd", difference_gmm_pydynpd),
    ("Synthetic difference-in-differences", "azcausal", synthetic_azcausal),
    ("Wild cluster bootstrap, p-value", "diff-diff", wild_bootstrap_diff_diff),
]
