"""Numbers of the text: printed as formatted, held to what their sentence says, not available where their data are absent."""

import json

import pytest

from analysis.exhibits.quotation import NOT_AVAILABLE, FalseSentence, quote

pytestmark = pytest.mark.fast

SALES = {"from": "market", "key": "sales", "format": "{:.1f}", "says": "the value fell", "expect": {"below": 9.0}}
NOTE = {"sales_table": {"title": "Sales", "note": "In all {sales}."}}


@pytest.fixture
def quoted(tmp_path):
    """Return the file of numbers for one fact of a value."""

    def made(value, absent="", blind=None):
        facts = {"facts": {"sales": value}, "absent": absent, "evidence": "real"}
        (tmp_path / "market.json").write_text(json.dumps(facts), encoding="utf-8")
        path = tmp_path / "numbers.json"
        quote({"sales": SALES}, NOTE, {}, {"market": str(tmp_path / "market.json")}, str(path), blind)
        return json.loads(path.read_text(encoding="utf-8"))

    return made


def test_a_number_is_printed_as_formatted_in_text_and_notes(quoted):
    found = quoted(-8.04)
    assert found["numbers"] == {"sales": "−8.0"} and found["values"] == {"sales": -8.04}
    assert found["exhibits"]["sales_table"]["note"] == "In all −8.0."


def test_a_sentence_that_the_data_deny_stops_the_paper(quoted):
    with pytest.raises(FalseSentence, match=r"the value fell.*not below 9"):
        quoted(9.8)


def test_a_blind_run_holds_no_sentence_to_the_data(quoted):
    found = quoted(9.8, blind=7)
    assert found["numbers"] == {"sales": "9.8"} and "seed 7" in found["blind"]


def test_what_absent_data_would_say_is_not_available_and_listed(quoted):
    found = quoted(9.8, absent="no file of sales")
    assert found["numbers"] == {"sales": NOT_AVAILABLE} and found["absent"] == {"market": "no file of sales"}


def test_a_fact_that_nothing_counts_is_named_with_those_that_are(tmp_path):
    (tmp_path / "market.json").write_text(json.dumps({"facts": {"issues": 1}, "absent": "", "evidence": "real"}), encoding="utf-8")
    with pytest.raises(LookupError, match=r"no fact 'sales'\. Known: issues"):
        quote({"sales": SALES}, {}, {}, {"market": str(tmp_path / "market.json")}, str(tmp_path / "numbers.json"))
