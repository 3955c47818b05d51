"""Dates of parts of a year beside those of whole years: the year's figures count, and every other row is counted with its reason."""

import pandas as pd
import pytest

from tests.sources.firms.test_variations import RAW, read

pytestmark = pytest.mark.fast

HEAD = "firm_id,year,currency,assets,sales\n"
CHINESE = {
    "csmar": "Stkcd,Accper,A001000000\n000063,{},{}000000\n",
    "tushare": "ts_code,end_date,total_assets\n000063.SZ,{},{}000000\n",
    "akshare": "SECURITY_CODE,REPORT_DATE,TOTAL_ASSETS\n000063,{},{}000000\n",
    "wind": "证券代码,报告期,总资产\n000063.SZ,{},{}000000\n",
}


def years(found):
    table = found.tables["firm_accounts"]
    return dict(zip(table["firm_id"] + " " + table["year"].astype("string"), table["assets"], strict=True))


def left_out(found):
    return sum(count for line in found.files for count in line.left_out.values())


def of_firms(*dates, firms=("F1", "F2", "F3"), grows=True):
    """Rows of firms at dates; sales grow over the year, or are each quarter's own."""
    return HEAD + "".join(
        f"{firm},{date},CNY,{100 + i},{(int(date[5:7]) if grows else 3) * 10}\n" for i, firm in enumerate(firms) for date in dates
    )


@pytest.mark.parametrize(
    ("dates", "kept"),
    [
        (("2018-06-30", "2018-12-31", "2019-06-30", "2019-12-31"), (2018, 2019)),
        (("2019-03-31", "2019-06-30", "2019-09-30", "2019-12-31"), (2019,)),
        (("2018-12-31", "2019-12-31", "2020-06-30"), (2018, 2019)),
        (("2018-12-31", "2019-12-31", "2020-03-31"), (2018, 2019)),
        (("2019-06-30", "2020-12-31", "2020-09-30"), (2020,)),
        (("2018-06-30", "2019-06-30", "2020-06-30"), (2018, 2019, 2020)),
        (("2018-03-31", "2019-03-31"), (2018, 2019)),
        (("2018-09-29", "2019-09-28", "2020-10-03"), (2018, 2019, 2020)),
        (("2018-12-29", "2019-12-28"), (2018, 2019)),
        (("2019-01-01", "2020-01-01"), (2019, 2020)),
        (("2021-01-02", "2022-01-01"), (2020, 2021)),
        (("2016-01-02", "2016-12-31", "2017-12-30"), (2015, 2016, 2017)),
        (("2019-01-01", "2020-01-01", "2021-12-31"), (2019, 2020, 2021)),
        (("2019-06-30",), (2019,)),
    ],
)
def test_the_end_of_the_year_counts_and_the_rest_is_counted(dates, kept, tmp_path):
    found = read(tmp_path, of_firms(*dates))
    assert sorted({int(key.split()[1]) for key in years(found)}) == list(kept)
    assert not found.refused()
    assert left_out(found) == 3 * (len(dates) - len(kept))


@pytest.mark.parametrize("dates", [("2018-03-31", "2018-09-30", "2019-03-31"), ("2019-03-31", "2019-06-30", "2019-09-30")])
def test_several_dates_a_year_without_december_are_refused(dates, tmp_path):
    found = read(tmp_path, of_firms(*dates))
    assert years(found) == {}
    assert {finding.row for finding in found.refused()} == set(range(2, 2 + 3 * len(dates)))


def test_single_quarters_are_refused_where_firms_show_it_and_doubted_where_one_does(tmp_path):
    quarters = ("2019-03-31", "2019-06-30", "2019-09-30", "2019-12-31")
    assert ["single quarters" in str(one) for one in read(tmp_path, of_firms(*quarters, grows=False)).refused()] == [True]
    found = read(tmp_path, of_firms(*quarters, firms=["F1"], grows=False))
    assert [one.kind for one in found.findings if "single quarters" in one.rule] == ["doubtful"]


@pytest.mark.parametrize("column", ["end_date", "period_end", "date", "报告期"])
def test_a_column_of_dates_beside_years_says_the_same(column, tmp_path):
    rows = [(2018, "2018-12-31"), (2019, "2019-06-30"), (2019, "2019-12-31"), (2020, "2020-06-30")]
    found = read(
        tmp_path, f"firm_id,year,{column},currency,assets\n" + "".join(f"F1,{year},{day},CNY,{100 + year}\n" for year, day in rows)
    )
    assert years(found) == {"F1 2018": 2118, "F1 2019": 2119} and left_out(found) == 2


def beside(column, *rows):
    return f"firm_id,year,{column},currency,assets\n" + "".join(
        f"{firm},{year},{day},CNY,{100 + place}\n" for place, (firm, year, day) in enumerate(rows)
    )


HALVES = [("F1", 2018, "2018-12-31"), ("F1", 2019, "2019-06-30"), ("F1", 2020, "2020-12-31")]


@pytest.mark.parametrize("column", ["end_date", "Period Ending", "dated", "期末", "截止日"])
@pytest.mark.parametrize("other", [("F2", 2020, "2020-12-25"), ("AAPL", 2017, "2017-09-30"), ("F2", 2020, "2021-01-02"), ("F2", 2020, "")])
def test_one_end_in_the_middle_of_a_month_or_a_blank_one_changes_nothing(column, other, tmp_path):
    found = read(tmp_path, beside(column, other, ("AAPL", 2016, "2016-09-24"), *HALVES))
    assert {"F1 2018", "F1 2020", f"{other[0]} {other[1]}"} <= set(years(found)) and "F1 2019" not in years(found)


def test_rows_without_a_date_beside_rows_of_june_are_asked_about(tmp_path):
    found = read(tmp_path, beside("end_date", ("F1", 2018, ""), ("F1", 2019, "2019-06-30"), ("F1", 2020, "")))
    assert [one.value for one in found.findings if one.kind == "doubtful"] == ["F1"] and len(years(found)) == 3
    found = read(tmp_path, beside("end_date", *(("F1", year, f"{year}-06-30") for year in range(2015, 2020)), ("F1", 2020, "")))
    assert not [one for one in found.findings if one.kind == "doubtful"]


@pytest.mark.parametrize(
    ("days", "kind"),
    [
        (("2019-12-31", "2020-12-31", "2021-12-31"), ["refused"]),
        (("2017-09-30", "2018-09-30", "2019-09-30"), ["refused"]),
        (("2018-12-31", "2020-12-31", "2020-12-31"), ["doubtful"]),
        (("2019-03-31", "2020-03-31", "2021-03-31"), []),
        (("2018-12-29", "2020-01-04", "2021-01-02"), []),
        (("2019-04-28", "2020-04-29", "2021-04-30"), []),
    ],
)
def test_years_that_are_not_those_of_their_ends_are_refused_or_asked_about(days, kind, tmp_path):
    found = read(tmp_path, beside("end_date", *(("F1", 2018 + place, day) for place, day in enumerate(days))))
    assert [one.kind for one in found.findings if "period ends" in one.rule] == kind
    assert len(years(found)) == 3


@pytest.mark.parametrize("days", [("2019-06-30", "2020-06-30", "2020-12-31"), ("2000-12-31", "2000-12-31", "2000-12-31")])
def test_a_column_of_other_dates_says_nothing_of_ends(days, tmp_path):
    found = read(tmp_path, beside("rated", *(("F1", 2018 + place, day) for place, day in enumerate(days))))
    assert len(years(found)) == 3 and not found.refused()


def test_dates_of_filings_are_no_ends_of_years(tmp_path):
    rows = [(2018, "2019-06-15"), (2019, "2020-03-28"), (2020, "2020-12-29")]
    found = read(tmp_path, "firm_id,year,date,currency,assets\n" + "".join(f"F1,{year},{day},CNY,{100 + year}\n" for year, day in rows))
    assert len(years(found)) == 3 and not found.refused()


def test_a_file_of_half_years_and_one_of_years_are_told_apart(tmp_path):
    (tmp_path / "half.csv").write_text("firm_id,year,currency,assets\nF1,2019-06-30,CNY,90\nF2,2018-06-30,CNY,5\nF2,2019-06-30,CNY,6\n")
    found = read(tmp_path, "firm_id,year,currency,sales\nF1,2019-12-31,CNY,50\nF2,2018-06-30,CNY,7\n")
    table = found.tables["firm_accounts"].set_index(["firm_id", "year"])
    assert table.loc[("F1", 2019), "sales"] == 50 and pd.isna(table.loc[("F1", 2019), "assets"])
    assert table.loc[("F2", 2018), "assets"] == 5 and table.loc[("F2", 2019), "assets"] == 6
    assert left_out(found) == 1


def test_the_latest_filing_of_a_half_year_does_not_replace_the_year(tmp_path):
    found = read(tmp_path, "firm_id,year,currency,assets,filed\nF1,2019-06-30,CNY,90,2020-09-01\nF1,2019-12-31,CNY,100,2020-04-01\n")
    assert years(found) == {"F1 2019": 100}


def test_a_fiscal_year_that_was_moved_is_asked_about(tmp_path):
    found = read(tmp_path, of_firms("2017-06-30", "2018-06-30", "2019-12-31"))
    assert len(years(found)) == 9
    assert [(one.count, "different months" in one.rule) for one in found.findings if one.kind == "doubtful"] == [(3, True)]


@pytest.mark.parametrize(
    ("dates", "kept"),
    [
        (("2014-12-31", "2015-12-31", "2016-06-30", "2017-06-30", "2018-06-30"), (2014, 2015, 2017, 2018)),
        (("2014-03-31", "2015-03-31", "2016-03-31", "2016-12-31", "2017-12-31", "2018-12-31"), (2014, 2015, 2016, 2017, 2018)),
        (("2016-06-30", "2017-06-30", "2017-09-30", "2018-09-30", "2019-09-30"), (2016, 2017, 2018, 2019)),
    ],
)
def test_years_before_and_after_a_move_stay_and_the_part_between_is_counted(dates, kept, tmp_path):
    others = of_firms("2016-12-31", "2017-12-31", firms=["G1"]).removeprefix(HEAD)
    found = read(tmp_path, of_firms(*dates, firms=["F1"]) + others)
    assert [int(key[3:]) for key in years(found) if key.startswith("F1")] == list(kept)
    assert [one.value for one in found.findings if "was the year moved" in one.rule] == ["F1"]
    assert left_out(found) == 1 and not found.refused()


@pytest.mark.parametrize(
    ("half", "whole", "kind"), [(40, 39, ["refused"]), (40, 60, ["doubtful"]), (72, 100, ["doubtful"]), (60, 100, []), (20, 100, [])]
)
def test_a_season_is_asked_about_and_a_year_below_its_part_refused(half, whole, kind, tmp_path):
    rows = [f"F{i},2019-{day},CNY,100,{value}\n" for i in range(3) for day, value in (("06-30", half), ("12-31", whole))]
    found = read(tmp_path, HEAD + "".join(rows))
    assert [one.kind for one in found.findings if "single quarters" in one.rule] == kind


@pytest.mark.parametrize(
    "head", ["Stkcd,Accper,Typrep,B001101000\n{},{},A,{}000000\n", "证券代码,报告期,营业收入\n{}.SZ,{},{}000000\n", "ts_code,end_date,revenue\n{}.SZ,{},{}000000\n"]
)  # fmt: skip
def test_single_quarters_of_chinese_sources_are_refused_before_quarters_go(head, tmp_path):
    names, row = head.split("\n")[:2]
    lines = {
        grows: "\n".join(
            row.format(firm, f"2019-{day}", figure * (place if grows else 1))
            for firm in ("000001", "000002", "000063")
            for place, (day, figure) in enumerate((("03-31", 100), ("06-30", 105), ("09-30", 110), ("12-31", 102)), 1)
        )
        for grows in (True, False)
    }
    assert not [one for one in read(tmp_path, f"{names}\n{lines[True]}\n").findings if "single quarters" in one.rule]
    assert ["single quarters" in one.rule for one in read(tmp_path, f"{names}\n{lines[False]}\n").refused()] == [True]


@pytest.mark.parametrize("source", CHINESE)
def test_interim_reports_of_chinese_sources_are_left_out(source, tmp_path):
    head, row = CHINESE[source].split("\n")[:2]
    lines = [row.format(date, size) for date, size in (("2018-12-31", 100), ("2019-03-31", 101), ("2019-06-30", 102), ("2019-12-31", 103))]
    found = read(tmp_path, "\n".join([head, *lines]) + "\n")
    assert years(found) == {"000063 2018": 100, "000063 2019": 103}
    assert left_out(found) == 2 and set(found.tables["firm_accounts"]["source"]) <= set(RAW["adapters"])
