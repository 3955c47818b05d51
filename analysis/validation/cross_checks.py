"""The same estimates by another implementation: the paper's own, and the suite's on public data sets.

Each comparison returns pairs of numbers that must agree; where small-sample factors differ by convention, the other
library's is brought to ours first and the row says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from analysis.core.estimation import specify
from analysis.core.preparation import prepare
from analysis.core.specification import Specification
from analysis.core.storage import is_absent
from analysis.validation import _datasets

ROUNDING = 1e-10
# what is compared, which parameter, 'estimate' or 'std_error', ours, theirs
Pair = tuple[str, str, float, float]


def check(
    province_year: pd.DataFrame, firm_year: pd.DataFrame, firm_stacks: pd.DataFrame, specifications: dict, outcomes: dict
) -> pd.DataFrame:
    """Return one row per pair of numbers: comparison, library, parameter, quantity, ours, other, difference."""
    panels = {"province_year": province_year, "firm_year": firm_year, "firm_stacks": firm_stacks}
    rows = []
    for title, library, compare in HEADLINES:
        rows += _rows(title, "the paper", library, partial(compare, panels, specifications, outcomes))
    for title, library, on_public_data in PUBLIC:
        rows += _rows(title, "public data", library, on_public_data)
    return pd.DataFrame(rows)


def _rows(title: str, scope: str, library: str, pairs: Callable[[], Iterator[Pair]]) -> list[dict]:
    about = {"comparison": title, "scope": scope, "library": library}
    try:
        found = list(pairs())
    except _datasets.Absent as error:
        return [
            about | {"parameter": "-", "quantity": "estimate", "ours": np.nan, "other": np.nan, "difference": np.nan, "reason": str(error)}
        ]
    return [
        about | {"parameter": p, "quantity": q, "ours": float(a), "other": float(b), "difference": _difference(a, b), "reason": ""}
        for p, q, a, b in found
    ]


def _difference(ours: float, other: float) -> float:
    """Return the absolute difference; below ROUNDING it is noise of the machine, which no two runs need share, and counts as none."""
    found = abs(float(ours) - float(other))
    return 0.0 if found < ROUNDING else found


def _estimate(specification: Specification, panel: pd.DataFrame) -> list[dict]:
    return import_module(f"analysis.estimators.{specification.estimator}").estimate(panel, specification)


def _row(rows: list[dict], term: str, **named: Any) -> dict:
    return next(r for r in rows if r["term"] == term and all(r.get(k) == v for k, v in named.items()) and "estimate" in r)


def _headline(name: str, panels: dict, specifications: dict, outcomes: dict) -> Iterator[tuple[str, pd.DataFrame, Specification]]:
    """Yield outcome, prepared sample and specification of one block of config/specifications, without its slow options."""
    settings = specifications[name]
    panel = panels[settings["panel"]]
    if is_absent(panel):
        raise _datasets.Absent(is_absent(panel))
    quick = {k: v for k, v in settings.get("options", {}).items() if k not in ("randomization_draws", "honest")}
    for outcome in settings["outcomes"]:
        sample = prepare(panel, settings.get("where", {}), outcomes[outcome], outcome, settings.get("unit", ""), settings.get("time", ""))
        yield outcome, sample, specify(name, settings | {"options": quick}, outcome)


# ---------------------------------------------------------------------- the paper's estimates
def _numbered(sample: pd.DataFrame, s: Specification) -> pd.DataFrame | None:
    """Return the sample with numbered units `i` and cohorts `g` (0 = never within it), or None for a panel with holes.

    With holes the libraries take other base periods, or rows for repeated cross-sections: other estimators.
    """
    data = sample.dropna(subset=[s.outcome])
    cohort = data[s.cohort].astype("float64").fillna(0)
    data = data.assign(g=cohort.where(cohort <= data[s.time].max(), 0), i=pd.factorize(data[s.unit])[0])
    periods = np.sort(data[s.time].unique())
    whole = len(data) == data["i"].nunique() * len(periods) and (np.diff(periods) == 1).all()
    return data if whole else None


def group_time_moderndid(panels: dict, specifications: dict, outcomes: dict) -> Iterator[Pair]:
    from moderndid import aggte, att_gt

    for outcome, sample, s in _headline("province_att", panels, specifications, outcomes):
        ours = _row(_estimate(s, sample), "att")
        data = _numbered(sample, s)
        if data is None:
            continue
        theirs = aggte(att_gt(data, outcome, s.time, "i", "g"), type="simple", na_rm=True)
        yield outcome, "estimate", ours["estimate"], theirs.overall_att
        yield outcome, "std_error", ours["std_error"], theirs.overall_se


def group_time_diff_diff(panels: dict, specifications: dict, outcomes: dict) -> Iterator[Pair]:
    from diff_diff import CallawaySantAnna

    for outcome, sample, s in _headline("province_att", panels, specifications, outcomes):
        ours = _row(_estimate(s, sample), "att")
        data = _numbered(sample, s)
        if data is None:
            continue
        theirs = CallawaySantAnna().fit(data, outcome, "i", s.time, "g")
        yield outcome, "estimate", ours["estimate"], theirs.overall_att
        yield outcome, "std_error", ours["std_error"], theirs.overall_se


def _static(sample: pd.DataFrame, s: Specification) -> pd.DataFrame:
    data = sample.dropna(subset=[s.outcome]).copy()
    data["in_force"] = (data[s.time] >= data[s.cohort].astype("float64")).fillna(False).astype(float)
    return data


def two_way_linearmodels(panels: dict, specifications: dict, outcomes: dict) -> Iterator[Pair]:
    from linearmodels.panel import PanelOLS

    for outcome, sample, s in _headline("province_twfe", panels, specifications, outcomes):
        ours = _row(_estimate(s, sample), "att")
        data = _static(sample, s).set_index([s.unit, s.time])
        theirs = PanelOLS(data[outcome], data[["in_force"]], entity_effects=True, time_effects=True).fit()
        yield outcome, "estimate", ours["estimate"], theirs.params["in_force"]


def two_way_pyfixest(panels: dict, specifications: dict, outcomes: dict) -> Iterator[Pair]:
    import pyfixest

    for outcome, sample, s in _headline("province_twfe", panels, specifications, outcomes):
        ours = _row(_estimate(s, sample), "att")
        data = _static(sample, s).assign(y=lambda d, o=outcome: d[o])
        # Its own count of nested effects and their order depend on the hash seed: effects are left out of the count and put in
        # here, and swept out until the order does not matter.
        theirs = pyfixest.feols(
            f"y ~ in_force | {s.unit} + {s.time}", data, vcov={"CRV1": s.unit}, ssc=pyfixest.ssc(k_fixef="none"), fixef_tol=1e-12
        )
        n, absorbed = len(data), data[s.time].nunique()
        scale = np.sqrt((n - 1) / (n - 1 - absorbed))
        yield outcome, "estimate", ours["estimate"], theirs.coef()["in_force"]
        yield outcome, "std_error", ours["std_error"], theirs.se()["in_force"] * scale


def link_linearmodels(panels: dict, specifications: dict, outcomes: dict) -> Iterator[Pair]:
    from linearmodels.panel import PanelOLS

    for outcome, sample, s in _headline("province_link_within", panels, specifications, outcomes):
        ours = _estimate(s, sample)
        data = sample[[s.unit, s.time, outcome, *s.controls]].dropna().set_index([s.unit, s.time])
        theirs = PanelOLS(data[outcome], data[list(s.controls)], entity_effects=True, time_effects=s.time in s.fixed_effects).fit()
        for name in s.controls:
            yield f"{outcome}: {name}", "estimate", _row(ours, name)["estimate"], theirs.params[name]


def stacked_statsmodels(panels: dict, specifications: dict, outcomes: dict) -> Iterator[Pair]:
    import statsmodels.formula.api as smf

    for outcome, sample, s in _headline("royalty_stacked", panels, specifications, outcomes):
        ours = _row(_estimate(s, sample), "att")
        data = sample.dropna(subset=[outcome])
        keys = ["stack", s.unit]
        base = data[data["event_time"] == -1].set_index(keys)[outcome]
        data = data[data["event_time"].between(0, 4)].join(base.rename("base"), on=keys).dropna(subset=["base"])
        data["change"] = data[outcome] - data["base"]
        # A firm that moves keeps the risk set in which its stack first sees it.
        first = sample.dropna(subset=[outcome]).drop_duplicates(keys).set_index(keys)["cell"]
        data["cell"] = first.reindex(pd.MultiIndex.from_frame(data[keys])).to_numpy()
        data["group"] = data["cell"].astype(str) + " " + data["event_time"].astype(str)
        treated = data["treated"].astype(bool)
        size = data.groupby("group")["treated"].transform(lambda t: t.astype(float).sum())
        data["weight"] = np.where(treated, 1.0, size / (data.groupby("group")["treated"].transform("size") - size))
        data = data[(data["weight"] > 0) & np.isfinite(data["weight"])].assign(d=treated.astype(float))
        data = data[data.groupby("group")["d"].transform("nunique") == 2]
        theirs = smf.wls("change ~ d + C(group)", data, weights=data["weight"]).fit()
        yield outcome, "estimate", ours["estimate"], theirs.params["d"]


def exposure_linearmodels(panels: dict, specifications: dict, outcomes: dict) -> Iterator[Pair]:
    from linearmodels.panel import PanelOLS

    for outcome, sample, s in _headline("china_exposure", panels, specifications, outcomes):
        ours = _row(_estimate(s, sample), "att", inference="cluster")
        data = sample.dropna(subset=[outcome])
        exposed = ((data["country"] == "China") & (data[s.time] >= 2019)).astype(float)
        data = data.assign(exposed=exposed).set_index([s.unit, s.time])
        theirs = PanelOLS(data[outcome].astype(float), data[["exposed"]], entity_effects=True, time_effects=True).fit()
        yield outcome, "estimate", ours["estimate"], theirs.params["exposed"]


# ---------------------------------------------------------------------- the suite on public data
def _county(estimator: str, **options: Any) -> list[dict]:
    s = Specification("second", estimator, "lemp", "countyreal", "year", cohort="cohort", options=options)
    return _estimate(s, _datasets.county_employment())


def _effects(rows: list[dict]) -> dict[int, dict]:
    return {r["event_time"]: r for r in rows if r["term"] == "event" and r["inference"] in ("cluster", "analytic")}


COUNTY = ("lemp", "countyreal", "year", "cohort")


def sun_abraham_diff_diff() -> Iterator[Pair]:
    from diff_diff import SunAbraham

    ours = _county("sun_abraham", aggregation="dynamic")
    theirs = SunAbraham().fit(_datasets.county_employment(), *COUNTY)
    yield "att", "estimate", _row(ours, "att")["estimate"], theirs.overall_att
    yield "att", "std_error", _row(ours, "att")["std_error"], theirs.overall_se
    for e, row in _effects(ours).items():
        yield f"event {e}", "estimate", row["estimate"], theirs.event_study_effects[e]["effect"]
        yield f"event {e}", "std_error", row["std_error"], theirs.event_study_effects[e]["se"]


def two_stage_diff_diff() -> Iterator[Pair]:
    from diff_diff import TwoStageDiD

    ours = _row(_county("gardner_two_stage"), "att")
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
    yield "att", "estimate", _row(first, "att")["estimate"], _row(second, "att")["estimate"]
    for e, row in _effects(first).items():
        yield f"event {e}", "estimate", row["estimate"], _effects(second)[e]["estimate"]


def poisson_pyfixest() -> Iterator[Pair]:
    import pyfixest

    names = ("LOGR", "LOGR1", "LOGR2", "LOGR3", "LOGR4", "LOGR5")
    s = Specification("second", "poisson_pseudo_likelihood", "PAT", "obsno", "year", controls=names, fixed_effects=("obsno", "year"))
    ours = _estimate(s, _datasets.patents_and_rd())
    theirs = pyfixest.fepois(f"PAT ~ {' + '.join(names)} | obsno + year", _datasets.patents_and_rd())
    for name in names:
        yield name, "estimate", _row(ours, name)["estimate"], theirs.coef()[name]


def cox_lifelines() -> Iterator[Pair]:
    from lifelines import CoxPHFitter

    names = ("fin", "age", "race", "wexp", "mar", "paro", "prio")
    data = _datasets.arrests()
    ours = _estimate(Specification("second", "cox", duration="week", event="arrest", controls=names), data)
    theirs = CoxPHFitter().fit(data[["week", "arrest", *names]], "week", "arrest")
    for name in names:
        yield name, "estimate", _row(ours, name)["estimate"], theirs.params_[name]
        yield name, "std_error", _row(ours, name)["std_error"], theirs.standard_errors_[name]


def cox_statsmodels() -> Iterator[Pair]:
    from statsmodels.duration.hazard_regression import PHReg

    names = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]
    data = _datasets.arrests()
    ours = _estimate(Specification("second", "cox", duration="week", event="arrest", controls=tuple(names)), data)
    theirs = PHReg(data["week"], data[names], status=data["arrest"], ties="efron").fit()
    for position, name in enumerate(names):
        yield name, "estimate", _row(ours, name)["estimate"], theirs.params[position]
        yield name, "std_error", _row(ours, name)["std_error"], theirs.bse[position]


def survival_lifelines() -> Iterator[Pair]:
    from lifelines import KaplanMeierFitter
    from lifelines.statistics import multivariate_logrank_test

    data = _datasets.lung_cancer()
    columns: dict = {"duration": "time", "event": "status", "strata": ("sex",)}
    ours = _estimate(Specification("second", "kaplan_meier", options={"times": [180, 365]}, **columns), data)
    for sex, part in data.groupby("sex"):
        theirs = KaplanMeierFitter().fit(part["time"], part["status"])
        for time in (180, 365):
            yield f"survival:{time}[{sex}]", "estimate", _row(ours, f"survival:{time}[{sex}]")["estimate"], theirs.predict(time)
    test = _row(_estimate(Specification("second", "log_rank", **columns), data), "log_rank")
    yield "log_rank", "estimate", test["estimate"], multivariate_logrank_test(data["time"], data["sex"], data["status"]).test_statistic


def incidence_statsmodels() -> Iterator[Pair]:
    from statsmodels.duration.survfunc import CumIncidenceRight

    # Arrests of those on parole and of those without as two kinds of ends.
    data = _datasets.arrests().assign(kind=lambda d: d["arrest"] * (1 + d["paro"]))
    options = {"times": [26, 51]}
    ours = _estimate(Specification("second", "competing_risks", duration="week", event="kind", options=options), data)
    theirs = CumIncidenceRight(data["week"].to_numpy(), data["kind"].to_numpy())
    for kind in (1, 2):
        for time in options["times"]:
            at, row = int(np.searchsorted(theirs.times, time, side="right")) - 1, _row(ours, f"incidence:{kind}:{time}")
            yield f"incidence:{kind}:{time}", "estimate", row["estimate"], theirs.cinc[kind - 1][at]
            yield f"incidence:{kind}:{time}", "std_error", row["std_error"], theirs.cinc_se[kind - 1][at]


def difference_gmm_pydynpd() -> Iterator[Pair]:
    import contextlib
    import io

    from pydynpd import regression

    data = _datasets.employment_uk()
    names = ("w", "w_1", "k", "ys", "ys_1")
    options = {"lags": 2, "steps": "two"}
    ours = _estimate(Specification("second", "arellano_bond", "n", "firm", "year", controls=names, options=options), data)
    lags = {"L1.n": "L1.n", "L2.n": "L2.n", "w": "w", "w_1": "L1.w", "k": "k", "ys": "ys", "ys_1": "L1.ys"}
    with contextlib.redirect_stdout(io.StringIO()):
        model = regression.abond(
            "n L(1:2).n w L1.w k ys L1.ys | gmm(n, 2:8) iv(w L1.w k ys L1.ys) | nolevel timedumm",
            data[["firm", "year", "n", "w", "k", "ys"]],
            ["firm", "year"],
        )
    table = model.models[0].regression_table.set_index("variable")
    for mine, yours in lags.items():
        yield mine, "estimate", _row(ours, mine)["estimate"], table.loc[yours, "coefficient"]
        yield mine, "std_error", _row(ours, mine)["std_error"], table.loc[yours, "std_err"]


def synthetic_azcausal() -> Iterator[Pair]:
    from azcausal.core.panel import CausalPanel
    from azcausal.estimators.panel.sdid import SDID
    from azcausal.util import to_panels

    data = _datasets.health_insurance()
    treated = data.loc[data["cohort"] > 0, "stfips"].unique()
    data = data[~data["stfips"].isin(treated[10:])].copy()  # ten of the treated: placebo errors need more controls
    s = Specification("second", "synthetic_did", "dins", "stfips", "year", cohort="cohort", options={"placebo_draws": 2}, seed=1)
    ours = _row(_estimate(s, data), "att")
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
    ours = _row(_estimate(s, data), "value", inference="wild_cluster_bootstrap")
    dummies = pd.get_dummies(data[["firm", "year"]].astype(str), drop_first=True, dtype=float)
    x = np.column_stack([np.ones(len(data)), data[["value", "capital"]], dummies])
    y = data["inv"].to_numpy()
    residuals = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    theirs = wild_bootstrap_se(x, y, residuals, data["firm"].to_numpy(), 1, n_bootstrap=99_999, weight_type="rademacher", seed=1)
    # Drawn there, enumerated here: p-values agree to simulation error and the treatment of ties.
    yield "value", "p_value", ours["p_value"], theirs.p_value


HEADLINES = [
    ("Province effects, group-time averages", "moderndid", group_time_moderndid),
    ("Province effects, group-time averages", "diff-diff", group_time_diff_diff),
    ("Province effects, two-way fixed effects", "linearmodels", two_way_linearmodels),
    ("Province effects, two-way fixed effects", "pyfixest", two_way_pyfixest),
    ("R&D and what follows it, within", "linearmodels", link_linearmodels),
    ("Royalty monetisation, stacked", "statsmodels (weighted dummies)", stacked_statsmodels),
    ("Chinese firms, exposure", "linearmodels", exposure_linearmodels),
]
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
