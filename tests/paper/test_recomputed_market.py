"""What the paper says of the market (S1 to S4, S11, D4), computed again from the registers by pandas, numpy and scipy alone."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from tests.paper.recomputed import RAW, ROOT, archived

pytestmark = pytest.mark.fast

VALUES = json.loads((ROOT / "paper" / "numbers.json").read_text(encoding="utf-8"))["values"]
CHINA = pd.read_csv(RAW / "registers" / "issuances_china.csv")
SERIES = pd.read_csv(RAW / "registers" / "market_series.csv")


def count(provider, scope, as_of):
    rows = SERIES[(SERIES["provider"] == provider) & (SERIES["scope"] == scope) & (SERIES["as_of"] == as_of)]
    return int(rows["deals"].iloc[0])


def limits(hits, trials):
    """Return the Clopper-Pearson limits of hits in trials, which need not be whole, from quantiles of the beta distribution."""
    low = stats.beta.ppf(0.025, hits, trials - hits + 1) if hits else 0.0
    return low, stats.beta.ppf(0.975, hits + 1, trials - hits) if hits < trials else 1.0


def evidence(model, **conditions):
    return archived("verdict_stability", model_id=model, **conditions)


def halves(classes):
    """Return (2, 2): share of patents alone and with mixed pools, in the earlier and the later half of the deals in order of date."""
    early, later = classes[: len(classes) // 2], classes[len(classes) // 2 :]
    return [[np.mean(half == "patent"), np.mean(np.isin(half, ["patent", "mixed"]))] for half in (early, later)]


def test_s1_the_mix_of_the_earlier_and_the_later_half():
    stated = CHINA[~CHINA["underlying"].isin(["not stated"]) & CHINA["underlying"].notna()].copy()
    stated["year"] = stated["deal_date"].str[:4].astype(int)
    found = halves(stated.sort_values(["year", "deal_date", "deal_id"])["underlying"].to_numpy())
    world = pd.read_csv(RAW / "registers" / "issuances_world.csv")
    # A year that only the page implies orders a deal too, before those of the year with a day or a month.
    world["year"] = pd.to_numeric(world["deal_date"].astype("string").str[:4]).fillna(world["year_inferred"])
    ordered = world.assign(day=world["deal_date"].astype("string").fillna("")).sort_values(["year", "day", "deal_id"])
    once = ordered[ordered["collateral_pool"].isna() | ~ordered.duplicated("collateral_pool")]
    named = once["underlying"].notna() & (once["underlying"] != "not stated") & once["year"].notna()
    first = once[named & (once["securitization"] == "yes") & (once["structure"] != "whole-business")]
    abroad = halves(first["underlying"].to_numpy())
    for name, (early, later) in {"patents": found, "patents_world": abroad}.items():
        fall = np.mean(early) - np.mean(later)
        assert VALUES[f"{name}_early"] == pytest.approx(early[0]) and VALUES[f"{name}_later"] == pytest.approx(later[0])
        model = "composition_china" if name == "patents" else "composition_world"
        rows = pd.read_csv(ROOT / "paper" / "tables" / "verdict_stability.csv")
        rows = rows[rows["model_id"] == model]
        assert np.isclose(rows["estimate"], np.mean(early) - 0.5).any() and np.isclose(rows["estimate"], fall).any()


def test_s2_rates_dispersion_and_what_brings_the_interval_to_zero():
    before, first, last = (
        count("China Technology Exchange", "both exchanges", "2021-12-31"),
        *(count("CNIPA", "both exchanges", day) for day in ("2023-09-30", "2024-06-30")),
    )
    # From December 2018 to the end of 2021, to September 2023, to June 2024.
    months = {"before": 37, "first": 58, "last": 67}
    later, rest = last - first, months["last"] - months["first"]
    assert (VALUES["rate_first"], VALUES["rate_later"]) == pytest.approx((first / 58, later / rest))
    named = CHINA.dropna(subset=["originator_key"])
    sizes = named.groupby(["originator_key", named["deal_date"].str[:4]]).size()
    # A deal without a named originator is a draw of its own.
    alone = len(CHINA) - len(named)
    dispersion = ((sizes**2).sum() + alone) / len(CHINA)
    assert VALUES["growth_dispersion"] == pytest.approx(dispersion)
    largest = count("China Business Herald", "one originator, Shenzhen", "2022-03-02")
    assert VALUES["growth_dispersion_upper"] == pytest.approx((largest**2 + (before - largest)) / before)
    comparisons = {"growth_published": (first, 58), "growth_recent": (first - before, 58 - 37)}
    for model, (earlier, span) in comparisons.items():

        def ends(size, earlier=earlier, span=span):
            share = np.array(limits(later / size, (earlier + later) / size))
            return np.log(share / (1 - share)) + np.log(span / rest)

        row = evidence(model)
        assert row["estimate"] == pytest.approx(np.log(later / rest) - np.log(earlier / span))
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(ends(dispersion)))
        if model == "growth_published":
            zero = optimize.brentq(lambda size: ends(size)[0], 1.0, 20.0)
            assert VALUES["growth_zero"] == pytest.approx(zero) and zero > dispersion


def test_s3_no_green_label_and_how_far_its_interval_reaches():
    titled = CHINA[CHINA["green_label_grade"] == "high"]
    hits, trials = int((titled["green_label"] == "yes").sum()), len(titled)
    row = evidence("green_share")
    assert (hits, trials) == (0, VALUES["green_titles"]) and VALUES["green_high"] == pytest.approx(limits(hits, trials)[1])
    assert row["estimate"] == pytest.approx(-0.1) and row["ci_low"] == pytest.approx(-0.1)
    assert row["ci_high"] == pytest.approx(limits(hits, trials)[1] - 0.1) and row["ci_high"] > 0


def test_s4_guangdong_with_its_largest_originator_counted_once():
    guangdong, everyone = (count("China Technology Exchange", scope, "2021-12-31") for scope in ("Guangdong originators", "both exchanges"))
    repeated = count("China Business Herald", "one originator, Shenzhen", "2022-03-02") - 1
    data = pd.read_csv(RAW / "statistics" / "province_year.csv").query("year == 2021").set_index("province")["inventions_in_force"]
    for model, less in (("guangdong_share_cautious", repeated), ("guangdong_share", 0)):
        row, benchmark = evidence(model), data["Guangdong"] / data.sum()
        assert row["estimate"] == pytest.approx((guangdong - less) / (everyone - less) - benchmark)
        assert row["ci_low"] == pytest.approx(limits(guangdong - less, everyone - less)[0] - benchmark) and row["ci_low"] > 0


def test_s11_patents_pledged():
    pledges = pd.read_csv(RAW / "registers" / "pledges.csv").query("place == 'China'").set_index("year")
    early = pledges.loc[2009]
    assert VALUES["pledged_early"] == pytest.approx(early["pledged"] / early["inventions_in_force"])
    assert VALUES["pledged_early_all"] == pytest.approx(early["pledged"] / early["patents_in_force"])
    force = pd.read_csv(RAW / "statistics" / "province_year.csv").query("year == 2018")["inventions_in_force"].sum()
    assert VALUES["pledged_late"] == pytest.approx(pledges.loc[2018, "pledged"] / force)


def test_d4_what_firms_pay_beside_the_prime_rate_of_the_day():
    prime = pd.read_csv(RAW / "registers" / "loan_prime_rate.csv").sort_values("published")
    paid = CHINA.dropna(subset=["firm_rate_pct"])
    spread = [
        rate - prime[prime["published"] <= day]["one_year_pct"].iloc[-1]
        for day, rate in zip(paid["deal_date"], paid["firm_rate_pct"], strict=True)
    ]
    row, reach = evidence("firm_rate_spread"), stats.t.ppf(0.975, len(spread) - 1) * stats.sem(spread)
    assert len(spread) == VALUES["spread_n"] and row["estimate"] == pytest.approx(np.mean(spread))
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((np.mean(spread) - reach, np.mean(spread) + reach))
    assert row["p_value"] == pytest.approx(stats.ttest_1samp(spread, 0).pvalue)
