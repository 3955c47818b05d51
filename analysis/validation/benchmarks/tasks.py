"""What is timed: one function a task and implementation, from a data frame to the finished numbers. SIMULATED panels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from analysis.core.specification import Specification

PERIODS = 10
DRAWS = 1000
RANDOMIZATION_DRAWS = 5000


def panel(rows: int) -> pd.DataFrame:
    """Return a balanced synthetic firm-year panel: three cohorts, four in ten never treated."""
    generator = np.random.default_rng(0)
    units = rows // PERIODS
    cohort = generator.choice([0, 2014, 2016, 2018], size=units, p=[0.4, 0.2, 0.2, 0.2])
    firm, year = np.repeat(np.arange(units), PERIODS), np.tile(np.arange(2011, 2011 + PERIODS), units)
    g = cohort[firm]
    on = (g > 0) & (year >= g)
    y = generator.normal(size=units)[firm] + 0.1 * (year - 2011) + generator.normal(size=rows) + 0.3 * on * (1 + 0.2 * (year - g))
    return pd.DataFrame({"firm": firm, "year": year, "cohort": g, "d": on.astype(float), "y": y})


def _specification(estimator: str, **more: Any) -> Specification:
    return Specification("benchmark", estimator, "y", "firm", "year", seed=1, **more)


def _ours(estimator: str, **more: Any) -> Callable:
    from importlib import import_module

    module = import_module(f"analysis.estimators.{estimator}")
    specification = _specification(estimator, **more)
    return lambda data: next(r for r in module.estimate(data, specification) if r["term"] in ("att", "d"))["estimate"]


def two_way_ours() -> Callable:
    return _ours("two_way_fixed_effects", treatment="d", cluster=("firm",))


def two_way_panelols() -> Callable:
    from linearmodels.panel import PanelOLS

    def run(data: pd.DataFrame) -> Any:
        indexed = data.set_index(["firm", "year"])
        model = PanelOLS(indexed["y"], indexed[["d"]], entity_effects=True, time_effects=True)
        return model.fit(cov_type="clustered", cluster_entity=True).params["d"]

    return run


def two_way_absorbing() -> Callable:
    from linearmodels.iv.absorbing import AbsorbingLS

    def run(data: pd.DataFrame) -> Any:
        effects = pd.DataFrame({"firm": pd.Categorical(data["firm"]), "year": pd.Categorical(data["year"])})
        return AbsorbingLS(data["y"], data[["d"]], absorb=effects).fit(cov_type="clustered", clusters=data["firm"]).params["d"]

    return run


def two_way_pyfixest() -> Callable:
    import pyfixest

    return lambda data: pyfixest.feols("y ~ d | firm + year", data, vcov={"CRV1": "firm"}, copy_data=False).coef()["d"]


def event_study_ours() -> Callable:
    return _ours("two_way_fixed_effects", cohort="cohort", cluster=("firm",), options={"aggregation": "dynamic"})


def event_study_pyfixest() -> Callable:
    import pyfixest

    def run(data: pd.DataFrame) -> Any:
        event = np.where(data["cohort"] > 0, data["year"] - data["cohort"], -1)
        data = data.assign(event=event)
        return pyfixest.feols("y ~ i(event, ref=-1) | firm + year", data, vcov={"CRV1": "firm"}, copy_data=False).coef().iloc[0]

    return run


def event_study_panelols() -> Callable:
    from linearmodels.panel import PanelOLS

    def run(data: pd.DataFrame) -> Any:
        event = np.where(data["cohort"] > 0, data["year"] - data["cohort"], -1)
        dummies = pd.DataFrame({f"e{e}": (event == e).astype(float) for e in np.unique(event) if e != -1})
        indexed = pd.concat([data[["firm", "year", "y"]], dummies], axis=1).set_index(["firm", "year"])
        model = PanelOLS(indexed["y"], indexed[list(dummies)], entity_effects=True, time_effects=True)
        return model.fit(cov_type="clustered", cluster_entity=True).params.iloc[0]

    return run


def sun_abraham_ours() -> Callable:
    return _ours("sun_abraham", cohort="cohort", options={"aggregation": "dynamic"})


def sun_abraham_diff_diff() -> Callable:
    from diff_diff import SunAbraham

    return lambda data: SunAbraham().fit(data, "y", "firm", "year", "cohort").overall_att


def sun_abraham_pyfixest() -> Callable:
    import pyfixest

    return lambda data: pyfixest.event_study(data, "y", "firm", "year", "cohort", estimator="saturated", att=False).aggregate().iloc[0, 0]


def group_time_ours() -> Callable:
    return _ours("callaway_santanna", cohort="cohort", options={"aggregation": "dynamic", "bootstrap_draws": DRAWS})


def group_time_diff_diff() -> Callable:
    from diff_diff import CallawaySantAnna

    return lambda data: (
        CallawaySantAnna(n_bootstrap=DRAWS, seed=1).fit(data, "y", "firm", "year", "cohort", aggregate="event_study").overall_att
    )


def group_time_moderndid() -> Callable:
    from moderndid import aggte, att_gt

    def run(data: pd.DataFrame) -> Any:
        result = att_gt(data.astype({"cohort": float}), "y", "year", "firm", "cohort", boot=True, biters=DRAWS, random_state=1)
        return aggte(result, type="dynamic").overall_att

    return run


def imputation_ours() -> Callable:
    return _ours("borusyak_jaravel_spiess", cohort="cohort")


def two_stage_ours() -> Callable:
    return _ours("gardner_two_stage", cohort="cohort")


def two_stage_diff_diff() -> Callable:
    from diff_diff import TwoStageDiD

    return lambda data: TwoStageDiD(cluster="firm").fit(data, "y", "firm", "year", "cohort").overall_att


def two_stage_pyfixest() -> Callable:
    import pyfixest

    def run(data: pd.DataFrame) -> Any:
        fit = pyfixest.did2s(data, "y", "~ 0 | firm + year", "~ d", "d", "firm")
        return fit.coef().iloc[0]

    return run


def randomization_ours() -> Callable:
    return _ours("two_way_fixed_effects", cohort="cohort", options={"randomization_draws": RANDOMIZATION_DRAWS})


def scoreboard_panel() -> pd.DataFrame:
    """Return the R&D Scoreboard firm-years with a treatment assigned at random: their shape and holes, no effect in them."""
    from analysis.core.catalogue import ROOT
    from analysis.core.paths import file_of
    from analysis.core.storage import read_table

    firms = read_table(ROOT / file_of("panel", "firm_year"))
    generator = np.random.default_rng(0)
    codes = pd.factorize(firms["firm_id"])[0]
    cohort = generator.choice([0, 2016, 2018, 2020], size=codes.max() + 1, p=[0.94, 0.02, 0.02, 0.02])
    y = np.log(firms["rd"].where(firms["rd"] > 0)).astype("float64")
    return (
        pd.DataFrame({"firm": codes, "year": firms["fiscal_year"].astype(int), "cohort": cohort[codes], "y": y})
        .dropna()
        .reset_index(drop=True)
    )


SMALL, MIDDLE, LARGE = 20_000, 200_000, 2_000_000
# (task, implementation, maker, sizes it is run at): larger sizes of some libraries run out of memory or of patience.
TASKS = [
    ("Two-way fixed effects, clustered", "this project", two_way_ours, (SMALL, MIDDLE, LARGE)),
    ("Two-way fixed effects, clustered", "linearmodels PanelOLS", two_way_panelols, (SMALL, MIDDLE, LARGE)),
    ("Two-way fixed effects, clustered", "linearmodels AbsorbingLS", two_way_absorbing, (SMALL, MIDDLE, LARGE)),
    ("Two-way fixed effects, clustered", "pyfixest", two_way_pyfixest, (SMALL, MIDDLE, LARGE)),
    ("Event study, two-way", "this project", event_study_ours, (SMALL, MIDDLE, LARGE)),
    ("Event study, two-way", "pyfixest", event_study_pyfixest, (SMALL, MIDDLE, LARGE)),
    ("Event study, two-way", "linearmodels PanelOLS", event_study_panelols, (SMALL, MIDDLE)),
    ("Sun-Abraham", "this project", sun_abraham_ours, (SMALL, MIDDLE, LARGE)),
    ("Sun-Abraham", "diff-diff", sun_abraham_diff_diff, (SMALL, MIDDLE)),
    ("Sun-Abraham", "pyfixest", sun_abraham_pyfixest, (SMALL, MIDDLE)),
    ("Callaway-Sant'Anna, 1,000 multiplier draws", "this project", group_time_ours, (SMALL, MIDDLE, LARGE)),
    ("Callaway-Sant'Anna, 1,000 multiplier draws", "diff-diff", group_time_diff_diff, (SMALL, MIDDLE, LARGE)),
    ("Callaway-Sant'Anna, 1,000 multiplier draws", "moderndid", group_time_moderndid, (SMALL, MIDDLE)),
    ("Imputation", "this project (diff-diff)", imputation_ours, (SMALL, MIDDLE, LARGE)),
    ("Two-stage", "this project", two_stage_ours, (SMALL, MIDDLE, LARGE)),
    ("Two-stage", "diff-diff", two_stage_diff_diff, (SMALL,)),
    ("Two-stage", "pyfixest", two_stage_pyfixest, (SMALL,)),
    ("Randomization of t, 5,000 draws, Scoreboard", "this project", randomization_ours, (0,)),
]
