"""A change of unit within a file of few firms, and zeros that may stand for blanks."""

import pytest

from tests.sources.firms.test_variations import HEAD, cells, read

pytestmark = pytest.mark.fast


def rows(*years, firm="F1"):
    return "".join(f"{firm},{2015 + i},CNY,{a},{s},{p}\n" for i, (a, s, p) in enumerate(years))


def kinds(found, words):
    return [(one.kind, one.count) for one in found.findings if words in one.rule]


@pytest.mark.parametrize("factor", [100, 1000, 10_000, 0.01, 0.001])
@pytest.mark.parametrize("firms", [1, 2])
def test_a_change_of_unit_in_a_file_of_few_firms_is_refused(factor, firms, tmp_path):
    before, after = (5000, 2500, 200), (5100 * factor, 2400 * factor, 230 * factor)
    content = HEAD + "".join(rows(before, before, after, firm=f"F{i}") for i in range(firms))
    found = read(tmp_path, content)
    assert kinds(found, "a change of unit") and any(one.kind == "refused" for one in found.findings)
    assert found.tables["firm_accounts"].empty


@pytest.mark.parametrize("years", [((1, 0.1, -5), (110, 55, 5.5)), ((100, 50, 5), (250, 400, 9)), ((5, 1, 1), (300, 9, 4))])
def test_a_firm_that_grows_is_no_change_of_unit(years, tmp_path):
    assert len(read(tmp_path, HEAD + rows(*years)).tables["firm_accounts"]) == 2


def test_one_column_that_jumps_in_a_file_of_few_firms_is_asked_about(tmp_path):
    found = read(tmp_path, "firm_id,year,currency,assets\nF1,2018,CNY,100\nF1,2019,CNY,11000\n")
    assert kinds(found, "a change of unit?") == [("doubtful", 1)]


@pytest.mark.parametrize(
    ("sales", "asked"),
    [
        ((50, 0, 60, 70), 1),
        ((0, 0, 0, 60), 3),
        ((50, 60, 0, 70), 1),
        ((0, 0, 0, 0), 4),
        ((50, 60, 70, 80), 0),
        ((0, 5, 6, 7), 0),
        (("", 5, 6, 7), 0),
    ],
)
def test_zeros_that_may_be_blanks_are_asked_about_and_stay(sales, asked, tmp_path):
    found = read(tmp_path, HEAD + rows(*((100 + i, value, 5) for i, value in enumerate(sales))))
    assert kinds(found, "zeros for blanks") == ([("doubtful", asked)] if asked else [])
    assert cells(found, "F1", 2018)["sales"] == sales[-1]


def test_a_single_year_without_research_is_none(tmp_path):
    content = "firm_id,year,currency,assets,rd\n" + "".join(f"F1,{2015 + i},CNY,100,{rd}\n" for i, rd in enumerate((5, 0, 6)))
    assert kinds(read(tmp_path, content), "zeros for blanks") == []
