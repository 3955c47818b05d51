"""Amounts of events in another currency than the firm's accounts, and events that a file holds twice."""

import pandas as pd
import pytest

from tests.sources.firms.test_variations import HEAD, ROW, read

pytestmark = pytest.mark.fast

EVENTS = "event_id,firm_id,date,instrument,amount,currency\n"


def events(folder, content):
    (folder / "events.csv").write_text(content)
    return read(folder, HEAD + ROW)


@pytest.mark.parametrize(
    "content",
    [EVENTS + "E1,F1,2019-05-01,IP sale,5,USD\n", EVENTS + "E1,F1,2019-05-01,IP sale,5,US$\n", "event_id,firm_id,date,instrument,amount (USD thousand)\nE1,F1,2019-05-01,IP sale,5000\n"],
)  # fmt: skip
def test_an_amount_in_another_currency_is_blank_and_the_event_counts(content, tmp_path):
    found = events(tmp_path, content)
    assert found.tables["financing_events"]["amount"].isna().tolist() == [True]
    assert [(one.kind, one.value, one.count) for one in found.findings if one.column == "amount"] == [("blanked", "E1, 5", 1)]


def test_an_amount_in_the_firms_currency_counts_where_only_the_header_names_it(tmp_path):
    found = events(tmp_path, "event_id,firm_id,date,instrument,amount (CNY thousand)\nE1,F1,2019-05-01,IP sale,5000\n")
    assert found.tables["financing_events"][["amount", "currency"]].iloc[0].tolist() == [5.0, "CNY"] and not found.refused()


@pytest.mark.parametrize("amount", ["$5", "US$ 5", "¥5", "5 CNY", "€5m"])
def test_a_sign_of_currency_in_a_cell_is_refused(amount, tmp_path):
    found = events(tmp_path, EVENTS + f"E1,F1,2019-05-01,IP sale,{amount},CNY\n")
    assert [(one.row, one.column, one.value) for one in found.refused()] == [(2, "amount", amount)]


def test_an_amount_whose_unit_is_not_known_stops_the_study_rather_than_losing_the_event(tmp_path):
    found = events(tmp_path, "event_id,firm_id,date,instrument,amount (USD)\nE1,F1,2019-05-01,IP sale,5000\n")
    assert ["names a currency and no unit" in str(one) for one in found.refused()] == [True]


def test_the_same_event_under_two_codes_counts_once(tmp_path):
    found = events(tmp_path, EVENTS + "E1,F1,2019-05-01,IP sale,5,CNY\nE2,F1,2019/05/01,IP sale,5.0,CNY\nE3,F1,2019-06-01,IP sale,5,CNY\n")
    assert list(found.tables["financing_events"]["event_id"]) == ["E1", "E3"]
    assert [(one.kind, one.count) for one in found.findings if one.column == "event_id"] == [("duplicate", 1)]


def test_events_of_one_day_with_other_amounts_are_asked_about(tmp_path):
    found = events(
        tmp_path, EVENTS + "E1,F1,2019-05-01,IP sale,5,CNY\nE2,F1,2019-05-01,IP sale,7,CNY\nE3,F1,2019-05-01,IP-backed loan,7,CNY\n"
    )
    assert len(found.tables["financing_events"]) == 3 and pd.notna(found.tables["financing_events"]["amount"]).all()
    assert [(one.kind, one.count) for one in found.findings if one.column == "event_id"] == [("doubtful", 2)]


@pytest.mark.parametrize(("amount", "kind"), [("5000000", "refused"), ("5000", "refused"), ("500", "doubtful"), ("60", ""), ("", "")])
def test_an_amount_is_weighed_by_the_firms_assets(amount, kind, tmp_path):
    found = events(tmp_path, EVENTS + f"E1,F1,2019-05-01,IP sale,{amount},CNY\n")
    told = [one.kind for one in found.findings if one.column == "amount" and one.kind in ("refused", "doubtful")]
    assert told == ([kind] if kind else []) and len(found.tables["financing_events"]) == (kind != "refused")


def test_several_amounts_that_are_most_of_the_firm_are_asked_about_together(tmp_path):
    found = events(tmp_path, EVENTS + "".join(f"E{i},F1,2019-0{i}-01,IP sale,{80 + i},CNY\n" for i in (1, 2, 3)))
    assert [(one.kind, one.count) for one in found.findings if one.column == "amount"] == [("doubtful", 3)]


@pytest.mark.parametrize(
    ("status", "asked"), [("Cancelled", 1), ("终止", 1), ("issued", 0), ("the loan was cancelled in 2021 after it was repaid", 0)]
)
def test_an_event_that_was_called_off_is_asked_about(status, asked, tmp_path):
    found = events(tmp_path, EVENTS.strip() + f",status\nE1,F1,2019-05-01,IP sale,5,CNY,{status}\n")
    assert len([one for one in found.findings if one.kind == "doubtful" and one.value == status]) == asked


def test_a_note_that_names_the_unit_of_the_amount_is_refused(tmp_path):
    found = events(tmp_path, EVENTS.strip() + ",note\nE1,F1,2019-05-01,IP sale,50,CNY,amount in thousands\n")
    assert [(one.column, one.value) for one in found.refused()] == [("note", "amount in thousands")]
