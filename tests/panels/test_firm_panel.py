"""Traits of firms: those of the base year, blank where it is blank, one place a firm, classes within a currency."""

import pandas as pd
import pytest

from analysis.panels import firm_panel, issue_histories, project_spells
from tests.study import STUDY

pytestmark = pytest.mark.fast

CONTRACTS = STUDY["contracts"]
DTYPES = {"number": "float64", "integer": "Int64", "boolean": "boolean"}


def table(name: str, rows: list[dict]) -> pd.DataFrame:
    columns = CONTRACTS[name]["columns"]
    frame = pd.DataFrame(rows).reindex(columns=list(columns))
    return frame.astype({column: DTYPES.get(rule["type"], "string") for column, rule in columns.items()})


def firm(code: str, years=(2015, 2016, 2017), **given) -> list[dict]:
    """Rows of a firm; a list gives one value per year."""
    rows = [{"firm_id": code, "year": year, "source": "t", "currency": "CNY", "province": "Jilin", "city": "Tonghua"} for year in years]
    for name, value in given.items():
        for row, one in zip(rows, value if isinstance(value, list) else [value] * len(rows), strict=True):
            row[name] = one
    return rows


def built(*firms: list[dict]) -> pd.DataFrame:
    accounts = table("firm_accounts", [row for rows in firms for row in rows])
    events = table("financing_events", [{"firm_id": "a", "event_id": "1", "date": "2016-05-01", "instrument": "IP securitization"}])
    regions = pd.DataFrame({"province": ["Jilin", "Guangdong"], "region": ["Northeast", "East"]})
    return firm_panel.build(accounts, events, regions, {"instrument": "IP securitization"}).set_index("firm_id")


def test_a_blank_of_the_base_year_is_not_filled_from_a_later_one():
    panel = built(firm("a", assets=[None, 90.0, 95.0], state_owned=[None, True, True]), firm("b", assets=50.0), firm("c", assets=70.0))
    assert panel.loc["a", "base_log_assets"].isna().all() and panel.loc["a", "size_class"].isna().all()
    assert panel.loc["a", "state_owned"].isna().all()
    assert panel.loc["b", "size_class"].eq("small").all()


def test_size_classes_are_terciles_of_firms_of_the_same_currency():
    yuan = [firm(f"y{i}", assets=1000.0 * (i + 1)) for i in range(3)]
    dollars = [firm(f"d{i}", assets=1.0 * (i + 1), currency="USD") for i in range(3)]
    panel = built(*yuan, *dollars)
    first = panel[~panel.index.duplicated()]
    for money in "yd":
        assert list(first.loc[[f"{money}{i}" for i in range(3)], "size_class"]) == ["small", "middle", "large"]
    assert first.loc["y0", "base_log_assets"] == pytest.approx(first.loc["d0", "base_log_assets"])


def test_traits_have_one_value_a_firm_and_cities_belong_to_provinces():
    panel = built(
        firm("a", province=["Jilin", "Guangdong", "Guangdong"], city=["Tonghua", "Shenzhen", "Shenzhen"], new_energy=[False, True, True]),
        firm("b", city=[None, "Tonghua", "Tonghua"]),
        firm("c", province="Hunan", city="Tonghua"),
        firm("d", city=None),
    )
    first = panel[~panel.index.duplicated()]
    assert (panel.groupby("firm_id")[["cluster", "province", "city", "region"]].nunique() <= 1).all(axis=None)
    assert not panel.loc["a", "new_energy"].any() and first.loc["a", "region"] == "Northeast"
    assert list(first["cluster"]) == ["Jilin, Tonghua", "Jilin, Tonghua", "Hunan, Tonghua", "d"]


def test_projects_and_histories_share_the_firm_s_cluster():
    accounts = table("firm_accounts", firm("a", city=[None, "Tonghua", "Tonghua"], ip_pool=5.0, rd=[1.0, 2.0, 3.0]))
    events = table("financing_events", [{"firm_id": "a", "event_id": "1", "date": "2015-05-01", "instrument": "IP securitization"}])
    given = {
        "project_id": "p",
        "firm_id": "a",
        "filing_date": "2015-06-01",
        "last_unsold_date": "2016-06-01",
        "observed_until": "2016-06-01",
    }
    settings = {"instrument": "IP securitization"}
    assert set(project_spells.build(table("projects", [given]), events, accounts, settings)["cluster"]) == {"Jilin, Tonghua"}
    assert set(issue_histories.build(accounts, events, settings)["cluster"]) == {"Jilin, Tonghua"}


def spells_of(issue, **dates):
    accounts = table("firm_accounts", firm("a"))
    events = table("financing_events", [{"firm_id": "a", "event_id": "1", "date": issue, "instrument": "IP securitization"}])
    (row,) = project_spells.build(
        table("projects", [{"project_id": "p", "firm_id": "a", **dates}]), events, accounts, {"instrument": "IP securitization"}
    ).to_dict("records")
    return row


def test_an_abandoned_project_is_at_risk_only_until_it_is_abandoned():
    row = spells_of(
        "2030-01-01", filing_date="2015-01-01", abandoned_date="2016-01-01", last_unsold_date="2020-01-01", observed_until="2020-01-01"
    )
    assert (row["months"], row["ended"], row["end_kind"]) == (pytest.approx(12, abs=0.1), 0, 2)


def test_a_sale_whose_interval_runs_over_the_cut_stays_an_interval():
    dates = {"filing_date": "2015-01-01", "last_unsold_date": "2016-12-01", "first_sale_by": "2017-12-31", "observed_until": "2020-01-01"}
    row = spells_of("2017-06-01", **dates)
    assert row["ended"] == 1
    assert (row["lower"], row["upper"]) == (pytest.approx(23, abs=0.1), pytest.approx(36, abs=0.1))
    row = spells_of("2016-06-01", **dates)
    assert (row["ended"], row["lower"]) == (0, pytest.approx(12, abs=0.1))


def test_firms_with_other_instruments_are_flagged_and_not_treated():
    accounts = table("firm_accounts", firm("a") + firm("b"))
    events = table("financing_events", [{"firm_id": "b", "event_id": "1", "date": "2016-05-01", "instrument": "IP-backed loan"}])
    regions = pd.DataFrame({"province": ["Jilin"], "region": ["Northeast"]})
    panel = (
        firm_panel.build(accounts, events, regions, {"instrument": "IP securitization"})
        .groupby("firm_id")[["other_instrument", "issuer"]]
        .first()
    )
    assert panel["other_instrument"].to_dict() == {"a": False, "b": True} and not panel["issuer"].any()
