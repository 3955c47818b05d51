"""Totals and statistics in the place of a firm's code are left out by reason; a firm that is called like one stays."""

import pytest

from tests.sources.firms.test_variations import HEAD, read

pytestmark = pytest.mark.fast

FIRMS = "F1,2019,CNY,100,50,1\nF2,2019,CNY,200,60,2\n"
TICKERS = "AAPL,2019,USD,100,50,1\nMSFT,2019,USD,200,60,2\n"
WORDS = [
    "All", "N", "Std. dev.", "Std.Dev.", "SD", "S.D.", "Median", "平均", "合计", "总 计", "Summe", "Gesamt", "Total général", "Mean", "Obs.", "Min",
    "Max", "p50", "25%", "75th percentile", "Moyenne", "Mittelwert", "No. of obs.", "Mean (N=3)", "标准差", "样本量", "Total:", "*Total*", "全部",
    "Observations", "Écart-type", "Sous-total", "Count", "最大值", "Number of firms", "Full sample",
]  # fmt: skip


def firms(found):
    return set(found.tables["firm_accounts"]["firm_id"])


def test_a_word_for_a_statistic_is_no_firm(tmp_path):
    found = read(tmp_path, HEAD + FIRMS + "".join(f"{word},2019,CNY,9,9,9\n" for word in WORDS))
    assert firms(found) == {"F1", "F2"}
    assert found.files[0].left_out == {"a line of totals or averages, no firm": len(WORDS)}


@pytest.mark.parametrize("word", ["All", "N", "p50"])
def test_a_single_word_for_a_statistic_is_no_firm(word, tmp_path):
    assert firms(read(tmp_path, HEAD + FIRMS + f"{word},2019,CNY,9,9,9\n")) == {"F1", "F2"}


@pytest.mark.parametrize(
    ("word", "figures"), [("ALL", "300,110,3"), ("N", "2,2,2"), ("SD", "70.71,7.07,0.707"), ("MIN", "100,50,1"), ("Obs", "7,7,7")]
)
def test_a_statistic_among_tickers_is_known_by_its_figures(word, figures, tmp_path):
    assert firms(read(tmp_path, HEAD + TICKERS + f"{word},2019,USD,{figures}\n")) == {"AAPL", "MSFT"}


@pytest.mark.parametrize("ticker", ["ALL", "N", "MIN", "MAX"])
def test_a_ticker_that_reads_like_a_statistic_is_asked_about(ticker, tmp_path):
    found = read(tmp_path, HEAD + TICKERS + f"{ticker},2019,USD,77,33,4\n")
    assert firms(found) == {"AAPL", "MSFT", ticker}
    assert [(one.row, one.value) for one in found.findings if one.kind == "doubtful"] == [(4, ticker)]


def test_a_ticker_with_the_name_of_a_firm_is_one(tmp_path):
    found = read(tmp_path, "firm_id,year,currency,name,assets\nALL,2019,USD,Allstate,5\nAAPL,2019,USD,Apple,6\nMSFT,2019,USD,Microsoft,7\n")
    assert firms(found) == {"ALL", "AAPL", "MSFT"} and not [one for one in found.findings if one.kind == "doubtful"]


@pytest.mark.parametrize("codes", [("P1", "P5", "P10"), ("A1", "N1", "N2"), ("Q1", "Q2", "Q3")])
def test_codes_of_a_letter_and_a_number_are_firms(codes, tmp_path):
    found = read(tmp_path, HEAD + "".join(f"{code},2019,CNY,{i + 5},6,7\n" for i, code in enumerate(codes)))
    assert firms(found) == set(codes)
    assert not [one for one in found.findings if one.kind == "doubtful" and "ticker" in one.rule]


@pytest.mark.parametrize("name", ["TOTAL", "MAX", "Mean Well", "Median Technologies", "All Nippon Airways"])
def test_companies_may_be_called_so_where_codes_are_names(name, tmp_path):
    found = read(
        tmp_path, f"Company,Year,Country,R&D,Net sales\n{name},2019,France,900,9000\nBayer,2019,Germany,90,800\nSAP,2019,Germany,91,801\n"
    )
    assert name in firms(found)


def panel(codes, extra="", years=range(2010, 2020), of=sum, head="firm_id,year,currency,assets,sales", name=""):
    """Return lines of firms over years and, under the code `extra`, a statistic of each year's lines."""
    lines = []
    for year in years:
        figures = [
            ((37.3 * i + 11) * 1.1 ** ((year * (i + 1)) % 7), (17.1 * i + 5) * 1.2 ** ((year + 3 * i) % 5)) for i in range(len(codes))
        ]
        lines += [f"{code},{year},CNY,{a:.3f},{s:.3f}" + name.format(code) for code, (a, s) in zip(codes, figures, strict=True)]
        lines += [f"{extra},{year},CNY," + ",".join(f"{of(column):.3f}" for column in zip(*figures, strict=True))] if extra else []
    return head + "\n" + "\n".join(lines) + "\n"


def mean(column):
    return sum(column) / len(column)


@pytest.mark.parametrize("of", [sum, mean])
@pytest.mark.parametrize("word", ["World", "Others", "合計", "Итого", "Suma", "Group total", "上市公司合计", "XYZ-1"])
def test_what_is_a_statistic_of_codes_unlike_it_in_each_year_is_no_firm(word, of, tmp_path):
    assert firms(read(tmp_path, panel(["F1", "F2", "F3", "F4"], word, of=of))) == {"F1", "F2", "F3", "F4"}


@pytest.mark.parametrize(
    ("codes", "word"),
    [
        (["AAPL", "MSFT", "IBM", "GE"], "ALL"),
        (["Apple", "Mean Well", "3M", "Bayer"], "World"),
        (["000063", "600276", "300750", "2415"], "9999"),
    ],
)
def test_a_sum_of_each_year_is_no_firm_among_tickers_names_and_numbers(codes, word, tmp_path):
    assert word not in firms(read(tmp_path, panel(codes, word)))


@pytest.mark.parametrize("codes", [
    ["AAPL", "MSFT", "IBM", "GE", "ALL", "N", "MIN", "IQR", "SE"],
    ["aapl", "msft", "ibm", "ge", "all", "n", "min"],
    ["Apple", "Bayer", "Total SE", "Mean Well", "N", "Max", "ALL"],
    ["N1", "N2", "Q1", "Q75", "P50", "A25"],
])  # fmt: skip
def test_ten_years_of_figures_that_are_no_statistic_are_a_firm(codes, tmp_path):
    found = read(tmp_path, panel(codes))
    assert firms(found) == set(codes) and not [one for one in found.findings if "ticker" in one.rule]


@pytest.mark.parametrize(
    "codes", [["AAPL", "MSFT", "IBM", "MEAN", "SUM", "MEDIAN", "TOTAL"], ["Apple", "Bayer", "SAP", "Mean", "Sum", "ENSEMBLE"]]
)
def test_a_word_for_a_statistic_whose_figures_are_none_is_asked_about(codes, tmp_path):
    found = read(tmp_path, panel(codes))
    assert firms(found) == set(codes)
    assert {one.value for one in found.findings if "ticker" in one.rule} == set(codes[3:])


@pytest.mark.parametrize(
    "codes", [["华为技术", "平均科技", "汇总通讯", "总和"], ["3M", "7-11", "5th Planet Games", "1st Quantile"], ["Δέλτα", "Άλφα", "Σ"]]
)
def test_a_name_that_is_a_word_for_a_total_is_left_out_only_by_its_figures(codes, tmp_path):
    found = read(tmp_path, panel(codes))
    assert firms(found) == set(codes) and {one.value for one in found.findings if "ticker" in one.rule} == {codes[-1]}
    assert firms(read(tmp_path, panel(codes[:-1], codes[-1]))) == set(codes[:-1])


@pytest.mark.parametrize("line", ["Total,2019,CNY,300,110,Total of firms", "9999,2019,CNY,7,7,合计", "World,2019,CNY,7,7,Mean (all firms)"])
def test_a_total_by_its_name_is_no_firm(line, tmp_path):
    content = "firm_id,year,currency,assets,sales,name\nF1,2019,CNY,100,50,One\nF2,2019,CNY,200,60,Two\n" + line + "\n"
    assert firms(read(tmp_path, content)) == {"F1", "F2"}


def test_a_code_with_the_name_of_a_firm_stays_be_it_called_ensemble(tmp_path):
    found = read(tmp_path, panel(["F1", "F2", "F3"], name=",Ensemble", head="firm_id,year,currency,assets,sales,name"))
    assert firms(found) == {"F1", "F2", "F3"}


def test_a_word_is_a_statistic_only_by_the_one_it_names(tmp_path):
    lines = "".join(
        f"{t},{y},USD,{k * (y - 2010)},{k * 3 * (y - 2010)},1\n"
        for k, t in enumerate(("AAPL", "MIN", "MSFT"), 1)
        for y in range(2011, 2022)
    )
    assert firms(read(tmp_path, HEAD + lines)) == {"AAPL", "MIN", "MSFT"}
