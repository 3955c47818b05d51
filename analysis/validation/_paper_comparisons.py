"""The paper's own estimates by other implementations."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.core.estimation import specify
from analysis.core.preparation import prepare
from analysis.core.specification import Specification
from analysis.core.storage import is_absent
from analysis.validation import _datasets
from analysis.validation._pairs import Pair, estimates_of, row_of


def _headline(name: str, panels: dict, specifications: dict, outcomes: dict) -> Iterator[tuple[str, pd.DataFrame, Specification]]:
    """Yield outcome, prepared sample and specification of one block of config/specifications, without its slow options."""
    settings = specifications[name]
    panel = panels[settings["panel"]]
    if is_absent(panel):
        raise _datasets.Absent(is_absent(panel))
    quick = {k: v for k, v in settings.get("options", {}).items() if k not in ("randomization_draws", "permuted_within", "honest")}
    for outcome in settings["outcomes"]:
        sample = prepare(panel, settings.get("where", {}), outcomes[outcome], outcome, settings.get("unit", ""), settings.get("time", ""))
        yield outcome, sample, specify(name, settings | {"options": quick}, outcome)


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

    for outcome, sample, s in _headline("province_certain", panels, specifications, outcomes):
        ours = row_of(estimates_of(s, sample), "att")
        data = _numbered(sample, s)
        if data is None:
            continue
        theirs = aggte(att_gt(data, outcome, s.time, "i", "g"), type="simple", na_rm=True)
        yield outcome, "estimate", ours["estimate"], theirs.overall_att
        yield outcome, "std_error", ours["std_error"], theirs.overall_se


def group_time_diff_diff(panels: dict, specifications: dict, outcomes: dict) -> Iterator[Pair]:
    from diff_diff import CallawaySantAnna

    for outcome, sample, s in _headline("province_certain", panels, specifications, outcomes):
        ours = row_of(estimates_of(s, sample), "att")
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
        ours = row_of(estimates_of(s, sample), "att")
        data = _static(sample, s).set_index([s.unit, s.time])
        theirs = PanelOLS(data[outcome], data[["in_force"]], entity_effects=True, time_effects=True).fit()
        yield outcome, "estimate", ours["estimate"], theirs.params["in_force"]


def two_way_pyfixest(panels: dict, specifications: dict, outcomes: dict) -> Iterator[Pair]:
    import pyfixest

    for outcome, sample, s in _headline("province_twfe", panels, specifications, outcomes):
        ours = row_of(estimates_of(s, sample), "att")
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
        ours = estimates_of(s, sample)
        data = sample[[s.unit, s.time, outcome, *s.controls]].dropna().set_index([s.unit, s.time])
        theirs = PanelOLS(data[outcome], data[list(s.controls)], entity_effects=True, time_effects=s.time in s.fixed_effects).fit()
        for name in s.controls:
            yield f"{outcome}: {name}", "estimate", row_of(ours, name)["estimate"], theirs.params[name]


def stacked_statsmodels(panels: dict, specifications: dict, outcomes: dict) -> Iterator[Pair]:
    import statsmodels.formula.api as smf

    for outcome, sample, s in _headline("royalty_stacked", panels, specifications, outcomes):
        ours = row_of(estimates_of(s, sample), "att")
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
        ours = row_of(estimates_of(s, sample), "att", inference="cluster")
        data = sample.dropna(subset=[outcome])
        exposed = ((data["country"] == "China") & (data[s.time] >= 2019)).astype(float)
        data = data.assign(exposed=exposed).set_index([s.unit, s.time])
        theirs = PanelOLS(data[outcome].astype(float), data[["exposed"]], entity_effects=True, time_effects=True).fit()
        yield outcome, "estimate", ours["estimate"], theirs.params["exposed"]


HEADLINES = [
    ("Province effects, group-time averages", "moderndid", group_time_moderndid),
    ("Province effects, group-time averages", "diff-diff", group_time_diff_diff),
    ("Province effects, two-way fixed effects", "linearmodels", two_way_linearmodels),
    ("Province effects, two-way fixed effects", "pyfixest", two_way_pyfixest),
    ("R&D and what follows it, within", "linearmodels", link_linearmodels),
    ("Royalty monetisation, stacked", "statsmodels (weighted dummies)", stacked_statsmodels),
    ("Chinese firms, exposure", "linearmodels", exposure_linearmodels),
]
