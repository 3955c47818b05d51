"""A change of unit within a file of few firms, and zeros that may stand for blanks."""

import pytest

from analysis.sources.firms import report
from tests.sources.firms.test_variations import HEAD, RAW, cells, read

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
        ((0, 0, 0, 60), 0),
        ((50, 0, 0, 60), 2),
        ((50, 0, 0, 0), 3),
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


def panel(firms=8, years=range(2014, 2020), **of):
    """Return a file of firms whose sales, research and cash are usual parts of assets; `of` changes a column: (firm, year, value) → value."""
    lines = []
    for i in range(firms):
        for year in years:
            assets = (100 * i + 50.37) * 1.07 ** (year - 2014) * (1.2 if (i + year) % 3 else 0.9)
            parts = {"sales": 0.6, "rd": 0.03, "cash": 0.2, "liabilities": 0.5, "profit": 0.04}
            figures = {
                name: of.get(name, lambda i, y, v: v)(i, year, assets * part * (1 + (i * year) % 5 / 5)) for name, part in parts.items()
            }
            lines.append(f"F{i},{year},CNY,{assets:.3f}," + ",".join(f"{figures[name]:.4f}" for name in parts))
    return "firm_id,year,currency,assets,sales,rd,cash,liabilities,profit\n" + "\n".join(lines) + "\n"


def told(found):
    return [(one.kind, one.column) for one in found.findings if one.kind in ("refused", "doubtful")]


@pytest.mark.parametrize("firms", [1, 8])
@pytest.mark.parametrize("first", [2014, 2017])
@pytest.mark.parametrize("name", ["rd", "cash", "profit"])
def test_one_column_in_another_unit_is_told(name, first, firms, tmp_path):
    found = read(tmp_path, panel(firms, **{name: lambda i, year, value: value * 1000 if year >= first else value}))
    assert {column for _, column in told(found)} == {name}
    assert firms == 1 or told(found)[0][0] == "refused"


def test_a_usual_panel_and_one_with_volatile_profit_say_nothing(tmp_path):
    assert told(read(tmp_path, panel())) == []
    assert told(read(tmp_path, panel(profit=lambda i, year, value: value * 10 ** ((i * 7 + year * 3) % 5 - 3)))) == []


@pytest.mark.parametrize("year", [2014, 2016, 2019])
@pytest.mark.parametrize("name", ["rd", "sales", "cash"])
def test_a_year_of_zeros_for_every_firm_is_asked_about(name, year, tmp_path):
    found = read(tmp_path, panel(4, **{name: lambda i, y, value: 0 if y == year else value}))
    assert [(one.column, one.value) for one in found.findings if one.kind == "doubtful"] == [(name, str(year))]


def test_zeros_of_single_firms_that_may_be_true_are_not_asked_about(tmp_path):
    young = panel(4, sales=lambda i, y, value: 0 if i == 1 and y < 2018 else value, rd=lambda i, y, value: 0 if (i + y) % 2 else value)
    assert told(read(tmp_path, young)) == []
    (tmp_path / "a.csv").write_text("firm_id,year,currency,assets,direct_finance\n" + "".join(f"F{i},2019,CNY,10{i},0\n" for i in range(4)))
    assert told(read(tmp_path, HEAD, "b.csv")) in ([], [("refused", None)])


def test_of_two_firms_only_the_one_that_grows_is_asked_about(tmp_path):
    found = read(tmp_path, HEAD + rows((10, 5, 1), (1100, 540, 108), firm="F1") + rows((10, 5, 1), (11, 6, 1), firm="F2"))
    assert len(found.tables["firm_accounts"]) == 4 and {kind for kind, _ in told(found)} == {"doubtful"}


def test_a_single_figure_far_above_assets_is_asked_about(tmp_path):
    found = read(tmp_path, panel(3, rd=lambda i, y, value: value * 1000 if (i, y) == (1, 2016) else value))
    assert told(found) == [("doubtful", "rd")]


@pytest.mark.parametrize(("sales", "asked"), [(900, [("doubtful", 1)]), (0.9, [])])
def test_sales_an_employee_that_no_firms_have_are_asked_about(sales, asked, tmp_path):
    lines = "".join(f"F{i},2019,CNY,{500 + i},{(sales + i / 10) * 7},7\n" for i in range(3))
    assert kinds(read(tmp_path, "firm_id,year,currency,assets,sales,employees\n" + lines), "million an employee") == asked


def test_the_median_of_each_column_of_money_has_its_unit_in_words(tmp_path):
    found = read(tmp_path, HEAD + "F1,2019,CNY,1200,0.035,5\nF2,2019,CNY,1300,0,6\nF3,2019,USD,400000,450000,\n")
    assert report.sizes(found, RAW["tables"])[1:] == [
        "  firm_accounts.assets: 1.25 thousand million CNY, 400 thousand million USD a firm and year",
        "  firm_accounts.sales: 35 thousand CNY, 450 thousand million USD a firm and year",
        "  firm_accounts.profit: 5.5 million CNY a firm and year",
    ]


@pytest.mark.parametrize(
    ("firms", "factor", "kind"), [(3, 1000, "refused"), (3, 100, "refused"), (2, 1000, "conflict"), (3, 1.1, "conflict")]
)
def test_a_file_whose_figures_are_those_of_another_in_another_unit_is_refused(firms, factor, kind, tmp_path):
    head = "firm_id,year,currency,assets"
    (tmp_path / "a.csv").write_text(head + "\n" + "".join(f"F{i},2019,CNY,{500 + i}\n" for i in range(firms)))
    lines = "".join(f"F{i},2019,CNY,{(500 + i) * factor},{factor}\n" for i in range(firms + 2))
    found = read(tmp_path, head + ",sales\n" + lines, "b.csv")
    assert [(one.kind, one.count) for one in found.findings if "takes precedence" in one.rule] == [(kind, firms)]


@pytest.mark.parametrize(
    ("factors", "asked"), [((10, 9, 12), [("doubtful", 3)]), ((0.1, 0.11, 0.09), [("doubtful", 3)]), ((10, 1.1, 9), [])]
)
def test_nearly_every_firm_ten_times_as_large_within_a_year_is_asked_about(factors, asked, tmp_path):
    lines = "".join(rows((100 + i, 50, 5), (105, 52, 5), (105 * k, 52 * k, 5 * k), firm=f"F{i}") for i, k in enumerate(factors))
    assert kinds(read(tmp_path, HEAD + lines), "a change of unit?") == asked
