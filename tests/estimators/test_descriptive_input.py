"""What descriptive estimators say of data that lack what they read, and of draws that nobody asked for."""

import numpy as np
import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.method import method_of
from analysis.core.specification import Specification
from analysis.estimators import binomial_share, concentration, country_exposure, misclassification_bounds, order_of_appearance, rate_ratio

pytestmark = pytest.mark.fast


def specification(estimator, **options):
    given = Specification("test", estimator, "y", "place", "year", cohort="cohort", options=options, seed=1)
    return method_of(estimator).sparing(given, ("outcome", "unit", "time", "cohort"))


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["rate_ratio"], "deals, months, as_of"),
        (["order_of_appearance", "--time", "a"], "date, deal_id"),
        (["country_exposure", "--outcome", "a", "--unit", "b", "--time", "a"], "country"),
        (["binomial_share"], "hits and trials"),
        (["binomial_share", "--option", "hit=sold"], "sold"),
    ],
)
def test_the_command_names_the_columns_that_a_file_lacks(tmp_path, capsys, flags, named):
    pd.DataFrame({"a": [1, 2, 3], "b": [1, 2, 3]}).to_csv(tmp_path / "other.csv", index=False)
    assert main(["estimate", str(tmp_path / "other.csv"), "--estimator", *flags]) != 0
    error = capsys.readouterr().err
    assert named in error and "Error" not in error and error.count("\n") == 1


def test_the_command_reads_the_columns_that_a_method_declares(tmp_path, capsys):
    pd.DataFrame({"deals": [30, 90], "months": [10, 30], "as_of": ["2020", "2021"], "note": ["a", "b"]}).to_csv(tmp_path / "s.csv")
    assert main(["estimate", str(tmp_path / "s.csv"), "--estimator", "rate_ratio"]) == 0
    assert "log_rate_ratio" in capsys.readouterr().out


def test_a_benchmark_of_zero_is_a_benchmark():
    deals = pd.DataFrame({"sold": [1.0, np.nan, 1.0, np.nan]})
    rows = {row["term"]: row for row in binomial_share.estimate(deals, specification("binomial_share", hit="sold", benchmark=0))}
    assert (rows["excess_share"]["estimate"], rows["excess_share"]["p_value"]) == (0.5, 0.0)
    half = binomial_share.estimate(deals, specification("binomial_share", hit="sold", benchmark=0.5))[1]
    assert half["p_value"] == 1.0
    with pytest.raises(BadOption, match="between 0 and 1"):
        binomial_share.estimate(deals, specification("binomial_share", hit="sold", benchmark=20))


def test_a_number_sought_in_a_column_of_text_is_refused():
    with pytest.raises(BadOption, match="holds text, not numbers"):
        binomial_share.estimate(pd.DataFrame({"sold": ["1", "0"]}), specification("binomial_share", hit="sold", hit_value=1))


def test_the_gini_of_the_places_there_are():
    deals = pd.DataFrame({"place": ["a"] * 6 + ["b"] * 3 + ["c"]})
    rows = {row["term"]: row for row in concentration.estimate(deals, specification("concentration", bootstrap_draws=0))}
    share = np.array([0.1, 0.3, 0.6])
    slow = np.abs(share[:, None] - share[None, :]).sum() / (2 * 3**2 * share.mean())
    assert rows["gini"]["estimate"] == pytest.approx(slow)
    assert "ci_low" not in rows["gini"] and rows["gini"]["inference"] == "none"
    with pytest.raises(BadOption, match="hold 3 places"):
        concentration.estimate(deals, specification("concentration", n_places=2))


def test_dates_that_are_none_are_refused():
    deals = pd.DataFrame(
        {"underlying": ["patent", "mark"] * 4, "year": range(2010, 2018), "date": ["2010-05"] * 8, "deal_id": list("abcdefgh")}
    )
    with pytest.raises(NotIdentified, match="15/03/2011"):
        order_of_appearance.estimate(deals.assign(date="15/03/2011"), specification("order_of_appearance"))


@pytest.mark.parametrize("deals", [[30, 20], [30, 30], [30.5, 60], [0, 9]])
def test_totals_that_fall_or_stand_still_have_no_ratio_of_rates(deals):
    series = pd.DataFrame({"deals": deals, "months": [10.0, 30.0], "as_of": ["2020", "2021"]})
    with pytest.raises(NotIdentified):
        rate_ratio.estimate(series, specification("rate_ratio"))


def test_what_cannot_be_enumerated_is_not_begun():
    panel = pd.DataFrame(
        [(f"u{i}", t, float(i), 3 if i < 2 else 0) for i in range(400) for t in range(5)], columns=["place", "year", "y", "cohort"]
    )
    with pytest.raises(NotIdentified, match="too many to enumerate"):
        misclassification_bounds.estimate(panel, specification("misclassification_bounds", n_hidden=3, hidden_cohorts=[2, 3]))


def test_a_firm_without_a_country_is_no_firm_of_another():
    generator = np.random.default_rng(2)
    data = pd.DataFrame([(f"f{i:02d}", t) for i in range(24) for t in range(2015, 2023)], columns=["place", "year"])
    data["country"] = data["place"].map(lambda name: ("China", "US", "DE")[int(name[1:]) % 3])
    data["y"] = generator.normal(size=len(data)) + 2.0 * (data["country"] == "China") * (data["year"] >= 2019)
    unknown = data["place"].isin(["f00", "f01"])
    asked = specification("country_exposure", min_units=3)
    blank = country_exposure.estimate(data.assign(country=data["country"].where(~unknown)), asked)
    plain = country_exposure.estimate(data[~unknown], asked)
    assert [row["estimate"] for row in blank] == [row["estimate"] for row in plain]
    assert blank[0]["left_out"] == "16 rows without country"


@pytest.mark.parametrize(("values", "told"), [(("yes", "no"), "in unit u0 it is no"), ((True, None), "in unit u0 it is None")])
def test_a_status_that_is_neither_true_nor_false_is_refused(values, told):
    generator = np.random.default_rng(0)
    data = pd.DataFrame([(f"u{i}", t, 3 if i > 6 else 0) for i in range(9) for t in range(5)], columns=["place", "year", "cohort"])
    data["y"], data["sure"] = generator.normal(size=45), [values[name == "u0"] for name in data["place"]]
    asked = specification("misclassification_bounds", n_hidden=1, hidden_cohorts=[3], uncertain="sure")
    with pytest.raises(NotIdentified, match=f"must be true or false.*{told}"):
        misclassification_bounds.estimate(data, asked)
    whole = [data.assign(sure=data["place"] != "u0"), data.assign(sure=(data["place"] != "u0").astype(float))]
    assert misclassification_bounds.estimate(whole[0], asked) == misclassification_bounds.estimate(whole[1], asked)
