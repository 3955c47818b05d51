"""Curves, restricted means and log-rank tests on spells that nobody tidied. SIMULATED."""

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from lifelines.statistics import multivariate_logrank_test
from statsmodels.duration.survfunc import CumIncidenceRight

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import competing_risks, cox, kaplan_meier, log_rank, restricted_mean_survival

pytestmark = pytest.mark.fast


def spells(seed=0, n=120):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"t": rng.integers(1, 15, n) * 1.0, "e": rng.integers(0, 2, n), "s": rng.integers(0, 3, n)})
    return data.assign(start=rng.integers(0, 15, n) % data["t"], k=data["e"] * (1 + rng.integers(0, 2, n)))


def rows(module, data, **given):
    fields = {"duration": "t", "event": "e"} | given
    found = module.estimate(data, Specification("t", module.__name__.rsplit(".", 1)[-1], **fields))
    return {f"{r['term']} at {r['setting']}" if r.get("setting") else r["term"]: r for r in found}


def test_times_given_as_text_and_times_that_nobody_saw():
    found = rows(kaplan_meier, spells(), options={"times": ["1e3", "5", -1, 3]})
    assert found["survival at 1000"]["reason"].endswith("no spell is observed for 1000")
    assert found["survival at -1"]["reason"].endswith("no spell has begun by -1")
    assert found["survival at 5"]["estimate"] == rows(kaplan_meier, spells(), options={"times": [5]})["survival at 5"]["estimate"]
    for times in ([True], ["soon"], [None], [float("nan")], [[3]]):
        with pytest.raises(BadOption, match=r"must hold numbers|must be a finite number"):
            rows(kaplan_meier, spells(), options={"times": times})


@pytest.mark.parametrize("module", [kaplan_meier, competing_risks])
def test_a_time_is_the_duration_that_it_differs_from_by_rounding_only(module):
    data = spells()
    tenths = data.assign(t=data["t"] * 0.1)
    kind = {"event": "k"} if module is competing_risks else {}
    whole = rows(module, data, options={"times": [3, 6, 7]}, **kind)
    small = rows(module, tenths, options={"times": [0.3, 0.6, 0.7]}, **kind)
    assert (tenths["t"].unique() == 0.30000000000000004).any()
    assert [r["estimate"] for t, r in small.items() if t != "median"] == [r["estimate"] for t, r in whole.items() if t != "median"]
    assert len(rows(module, data.assign(t=data["t"] * 1e6), options={"times": [3e6 + 1, 3e6 + 2]}, **kind)) >= 2  # labels stay apart


def test_groups_keep_their_labels_and_levels_without_rows_are_none():
    names = {0: "NO", 1: "None", 2: "1e3"}
    data = spells().assign(g=lambda d: pd.Categorical(d["s"].map(names), ["NO", "None", "1e3", "unused"]))
    found = rows(kaplan_meier, data, strata=("g",), options={"times": [5]})
    assert {"survival[NO] at 5", "survival[None] at 5", "survival[1e3] at 5"} <= set(found) and not any("unused" in term for term in found)
    numbers = data.assign(g=data["s"] + 12345670)
    assert "survival[12345671] at 5" in rows(kaplan_meier, numbers, strata=("g",), options={"times": [5]})
    by_name, by_number = (rows(log_rank, data, strata=(name,))["log_rank"]["estimate"] for name in ("g", "s"))
    assert by_name == pytest.approx(by_number, rel=1e-12)
    assert np.isfinite(rows(cox, data.assign(x=np.arange(120) % 7), controls=("x",), strata=("g",))["x"]["std_error"])


def test_a_curve_that_nobody_at_risk_holds_up_is_refused_not_zero():
    """One early entrant dies alone; the others enter later."""
    data = pd.DataFrame({"start": [0.0, *[5.0] * 40], "t": [2.0, *np.linspace(6, 20, 40)], "e": 1})
    found = rows(kaplan_meier, data, entry="start", options={"times": [1, 10]})
    assert found["survival at 1"]["estimate"] == 1.0 and "would stay at zero" in found["survival at 10"]["reason"] and "median" not in found
    with pytest.raises(NotIdentified, match="would stay at zero"):
        rows(restricted_mean_survival, data, entry="start")


def test_half_is_half_whatever_the_rounding_of_the_product():
    for n in range(2, 60, 2):
        data = pd.DataFrame({"t": np.arange(1.0, n + 1), "e": 1})
        assert rows(kaplan_meier, data)["median"]["estimate"] == n / 2


def test_a_mean_counts_from_zero():
    data = spells().assign(start=lambda d: d["start"] - 3)
    with pytest.raises(NotIdentified, match="counts from 0"):
        rows(restricted_mean_survival, data, entry="start", options={"horizon": 5.0})
    tenths = spells().assign(t=lambda d: d["t"] * 0.1)
    longest = tenths["t"].max()
    assert rows(restricted_mean_survival, tenths, options={"horizon": float(np.nextafter(longest, 9))})["restricted_mean"]["estimate"] > 0


def by_table(data, late, weights):
    """Mantel's two-by-k tables, one after the other."""
    size = data["s"].max() + 1
    gap, variance, modified = np.zeros(size), np.zeros((size, size)), 1.0
    for t in np.unique(data.loc[data["e"] == 1, "t"]):
        here = data[(data["t"] >= t) & ((data["start"] < t) if late else True)]
        n = np.bincount(here["s"], minlength=size)
        d = np.bincount(here.loc[(here["t"] == t) & (here["e"] == 1), "s"], minlength=size)
        modified *= 1 - d.sum() / (n.sum() + 1)
        w = {"none": 1.0, "wilcoxon": n.sum(), "peto": modified}[weights]
        share = n / n.sum()
        gap += w * (d - d.sum() * share)
        if n.sum() > 1:
            variance += w**2 * d.sum() * (n.sum() - d.sum()) / (n.sum() - 1) * (np.diag(share) - np.outer(share, share))
    return gap[:-1] @ np.linalg.solve(variance[:-1, :-1], gap[:-1])


@pytest.mark.parametrize("weights", ["none", "wilcoxon", "peto"])
def test_log_rank_is_lifelines_and_with_late_entry_that_of_mantels_tables(weights):
    data = spells(1)
    found = rows(log_rank, data, strata=("s",), options={"weights": weights})["log_rank"]
    theirs = multivariate_logrank_test(data["t"], data["s"], data["e"], weightings=None if weights == "none" else weights)
    assert found["estimate"] == pytest.approx(theirs.test_statistic, rel=1e-9)
    assert found["p_value"] == pytest.approx(theirs.p_value, rel=1e-9)
    late = rows(log_rank, data, strata=("s",), entry="start", options={"weights": weights})["log_rank"]
    assert late["estimate"] == pytest.approx(by_table(data, True, weights), rel=1e-9)


def test_a_group_never_at_risk_when_a_spell_ends_counts_for_no_degree_of_freedom():
    data = spells(2)
    gone = data.assign(t=data["t"].where(data["s"] < 2, 0.5), e=data["e"].where(data["s"] < 2, 0))
    with_it, without = rows(log_rank, gone, strata=("s",))["log_rank"], rows(log_rank, data[data["s"] < 2], strata=("s",))["log_rank"]
    assert with_it["p_value"] == pytest.approx(without["p_value"], rel=1e-12)
    with pytest.raises(NotIdentified, match="no two groups"):
        rows(log_rank, gone[gone["s"] != 1], strata=("s",))


@pytest.mark.filterwarnings("ignore::RuntimeWarning:statsmodels")
def test_incidence_is_that_of_statsmodels_and_has_an_error_where_the_last_spell_ends():
    data = spells(3)
    data.loc[data["t"].idxmax(), ["t", "e", "k"]] = [20.0, 1, 2]
    found = rows(competing_risks, data, event="k", options={"times": [4, 9, 14, 20]})
    theirs = CumIncidenceRight(data["t"].to_numpy(), data["k"].to_numpy())
    for kind in (1, 2):
        for time in (4, 9, 14):
            at = np.searchsorted(theirs.times, time, side="right") - 1
            row = found[f"incidence:{kind} at {time}"]
            assert (row["estimate"], row["std_error"]) == pytest.approx((theirs.cinc[kind - 1][at], theirs.cinc_se[kind - 1][at]), rel=1e-9)
    # No end of the first kind after 14: its incidence and error stand still.
    assert found["incidence:1 at 20"]["std_error"] == pytest.approx(found["incidence:1 at 14"]["std_error"], rel=1e-9)
    assert np.isfinite(found["incidence:2 at 20"]["std_error"])
    skipped = rows(competing_risks, data.assign(k=data["k"].replace(2, 5)), event="k", strata=("s",), options={"times": [9]})
    assert {term.split(":")[1].split("[")[0] for term in skipped} == {"1", "5"} and len(skipped) == 6


def test_the_spell_named_in_a_refusal_is_that_of_the_data():
    data = spells(4).assign(x=np.arange(120) * 0.1)
    data.loc[:9, "x"] = np.nan
    data.loc[50, "t"] = 0.0
    with pytest.raises(NotIdentified, match="spell 51 ends at 0"):
        rows(cox, data, controls=("x",))
    late = spells(4)
    late.loc[70, ["start", "t"]] = [0.3, 0.1 + 0.2]  # no time passes but that of rounding
    with pytest.raises(NotIdentified, match="spell 71 ends at"):
        rows(kaplan_meier, late, entry="start")


def test_before_anything_ends_nothing_is_known_of_the_error():
    data = pd.DataFrame({"t": [5.0, 6, 7, 8, 9, 9], "k": [0, 2, 1, 1, 1, 0], "g": list("aaabbb")})
    found = rows(kaplan_meier, data.assign(e=data["k"] > 0), options={"times": [4, 5.5, 6]})
    for term in ("survival at 4", "survival at 5.5"):
        assert found[term]["estimate"] == 1 and np.isnan(found[term]["std_error"]) and "ci_low" not in found[term]
        assert found[term]["reason"].startswith("no spell ends by")
    assert found["survival at 6"]["std_error"] == pytest.approx(0.8 * np.sqrt(1 / (5 * 4)))
    ends = rows(competing_risks, data, event="k", options={"times": [4, 6]})
    assert [ends[f"incidence:{kind} at {time}"]["estimate"] for kind in (1, 2) for time in (4, 6)] == [0, 0, 0, pytest.approx(0.2)]
    assert ends["incidence:1 at 6"]["reason"] == "no spell ends with code 1 by 6, so that its error is not known (it is not zero)"
    assert np.isnan(ends["incidence:1 at 6"]["std_error"]) and ends["incidence:2 at 6"]["std_error"] > 0
    over = rows(kaplan_meier, pd.DataFrame({"t": [1.0, 2, 3], "e": 1}), options={"times": [3]})
    assert over["survival at 3"]["estimate"] == 0 and over["survival at 3"]["reason"].startswith("all at risk have ended by 3")


def test_blanks_are_not_censored():
    data = spells(5).assign(x=np.arange(120) * 0.1)
    marked = data.assign(e=data["e"].where(data["e"] > 0))
    with pytest.raises(NotIdentified, match=f"row {data['e'].idxmin() + 2}, column 'e'.*a blank is missing, not censored"):
        rows(cox, marked, controls=("x",))
    # Those that lack something else as well are left out for it; and where some are censored, blanks are but missing.
    for fine in (
        marked.assign(x=marked["x"].where(marked["e"] > 0)),
        marked.fillna({"e": 0}).assign(e=lambda d: d["e"].where(d.index != 3)),
    ):
        assert np.isfinite(rows(cox, fine, controls=("x",))["x"]["estimate"])


def test_periods_are_no_durations():
    data = spells(6).assign(x=np.arange(120) * 0.1)
    days = pd.Timestamp("2001-12-25") + pd.to_timedelta(data["t"], "D")
    months = 200100 + data["t"] // 12 * 100 + data["t"] % 12 + 1
    for coded, words in ((days.dt.strftime("%Y%m%d").astype(float), "days as YYYYMMDD"), (months, "months as YYYYMM")):
        with pytest.raises(NotIdentified, match=f"row 2, column 't'.*looks like {words}"):
            rows(cox, data.assign(t=coded), controls=("x",))
    for shifted in (2001, 200001):  # years, and numbers of which some are no month
        late = data.assign(t=data["t"] + shifted)
        assert rows(cox, late, controls=("x",))["x"]["estimate"] == pytest.approx(rows(cox, data, controls=("x",))["x"]["estimate"])


def test_a_curve_that_falls_at_once_has_no_error():
    at_once = pd.DataFrame({"t": [4.0, 4, 4, 4], "k": [1, 1, 1, 1], "e": 1})
    for found in (
        rows(kaplan_meier, at_once, options={"times": [5e-1 + 3.5]})["survival at 4"],
        rows(competing_risks, at_once, event="k", options={"times": [4]})["incidence:1 at 4"],
        rows(restricted_mean_survival, pd.concat([at_once, at_once.assign(t=9.0, s=1)]).fillna({"s": 0}), strata=("s",))["difference"],
    ):
        assert np.isnan(found["std_error"]) and "p_value" not in found and "not known" in found["reason"]
    late = pd.DataFrame({"t": [6.0, 6, 8, 9], "e": 1})  # ends at the horizon leave the area before it as it is
    assert rows(restricted_mean_survival, late, options={"horizon": 6.0})["restricted_mean"]["reason"].startswith("no spell ends before 6")
    far = spells(7).assign(t=lambda d: d["t"] * 1e200)
    near = rows(restricted_mean_survival, spells(7))["restricted_mean"]
    assert rows(restricted_mean_survival, far)["restricted_mean"]["std_error"] == pytest.approx(near["std_error"] * 1e200, rel=1e-12)


def test_proportionality_is_tested_only_where_time_passes_between_ends():
    """The coefficients are those of lifelines; a single date of ends, or one at which alone a covariate differs, shows no change."""
    data = spells(8).assign(x=np.arange(120) % 7, z=np.arange(120) % 2)
    once = data.assign(t=5.0)
    found = rows(cox, once, controls=("x", "z"))
    theirs = CoxPHFitter().fit(once[["t", "e", "x", "z"]], "t", "e", fit_options={"precision": 1e-12})
    assert [found[name]["estimate"] for name in "xz"] == pytest.approx(list(theirs.params_), rel=1e-6)
    assert [found[name]["std_error"] for name in "xz"] == pytest.approx(list(theirs.standard_errors_), rel=1e-6)
    for term in ("proportionality", "proportionality:x", "proportionality:z"):
        assert "estimate" not in found[term] and found[term]["reason_code"] == "SUPPORT"
    early = data.assign(z=((data["t"] == 1) & (data.index % 2 == 0)) * 1)
    early.loc[early["t"] == 1, "e"] = early.index[early["t"] == 1] % 3 > 0
    found = rows(cox, early, controls=("x", "z"))
    assert "estimate" not in found["proportionality:z"] and np.isfinite(found["proportionality:x"]["p_value"])
    assert "z differs" in found["proportionality:z"]["reason"] and "estimate" not in found["proportionality"]
