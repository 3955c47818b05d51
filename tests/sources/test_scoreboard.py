"""The R&D Scoreboard: each layout strictly, corrupt workbooks by their place, links that the editions' own growth confirms."""

import openpyxl
import pytest

from analysis.core.errors import DataError
from analysis.sources._scoreboard_layouts import read_edition
from analysis.sources.scoreboard import name_key
from tests.raw import cleaned, contract

LAYOUTS = contract("scoreboard_workbooks")["layouts"]
EDITIONS = list(LAYOUTS["editions"])


def edition_settings(edition, firms=3):
    given = LAYOUTS["editions"][edition] | {"firms": firms}
    return given, LAYOUTS["headers"][given["layout"]]


def write(path, edition, change=None):
    """Write a workbook of three firms in the layout of `edition`; `change` edits its rows (a list of lists) first."""
    given, layout = edition_settings(edition)
    pairs = [next(iter(pair.items())) for pair in layout["columns"]]
    rows = [[None] * len(pairs) for _ in range(max(layout["rows"]))]
    for column, (printed, _) in enumerate(pairs):
        rows[layout["rows"][0] - 1][column] = printed.format(**given)
    if len(layout["rows"]) == 2:  # the unit stands in the second header row
        for column, text in enumerate(rows[layout["rows"][0] - 1]):
            head, _, tail = text.partition(" (")
            rows[layout["rows"][0] - 1][column], rows[layout["rows"][1] - 1][column] = (head, f"({tail}") if tail else (None, head)
    for rank in (1, 2, 3):
        values = {
            "rank": rank,
            "company": f"FIRM {rank}",
            "country": "US",
            "region": "US",
            "industry": "Chemicals",
            "fiscal_year": given["fiscal_year"],
            "rd": 100.0 / rank,
            "sales": 0 if rank == 3 else 1000.0,
            "employees": 5.0,
        }
        rows.append([values.get(field) for _, field in pairs])
    if change:
        change(rows, [field for _, field in pairs], layout)
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.active.title = "Firms"
    workbook.save(path)


def read(path, edition):
    return read_edition(path, edition, *edition_settings(edition))


@pytest.mark.parametrize("edition", EDITIONS)
def test_each_layout_is_read(tmp_path, edition):
    write(tmp_path / "sb.xlsx", edition)
    table = read(tmp_path / "sb.xlsx", edition)
    assert table["rd"].tolist() == pytest.approx([100.0, 50.0, 100.0 / 3])
    assert table["fiscal_year"].tolist() == [LAYOUTS["editions"][edition]["fiscal_year"]] * 3
    assert table["employees"].iloc[0] == (5000.0 if edition == "2017" else 5.0)  # that edition counts in thousands
    assert table["sales"].isna().tolist() == [False, False, edition == "2016"]  # that edition writes 0 for missing


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_layout_of_another_edition_is_refused(tmp_path, edition):
    other = EDITIONS[(EDITIONS.index(edition) + 1) % len(EDITIONS)]
    write(tmp_path / "sb.xlsx", other)
    with pytest.raises(DataError, match=r"sb\.xlsx, sheet 'Firms', row \d, column '\d+'.*unknown layout.*headers found are: "):
        read(tmp_path / "sb.xlsx", edition)


def put(field, row, value):
    def change(rows, fields, layout):
        rows[max(layout["rows"]) + row][fields.index(field)] = value

    return change


def repeat(rows, fields, layout):
    rows[-1] = [value if field == "rank" else rows[-2][i] for i, (field, value) in enumerate(zip(fields, rows[-1], strict=True))]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("rd", 1, "lots"), r"row 3, column 'rd', value 'lots': is not a number"),
        (put("sales", 0, "n/k"), r"row 2, column 'sales', value 'n/k': is not a number"),
        (put("rd", 1, -4), r"row 3, column 'rd', value '-4\.0': must be at least 0"),
        (put("company", 2, None), r"row 4, column 'company': required"),
        (put("fiscal_year", 1, 2019), r"row 3, column 'fiscal_year', value '2019': must be 2022"),
        (repeat, r"row 4, column 'company', value 'FIRM 2': duplicated key"),
        (lambda rows, fields, layout: rows.pop(), r"row 3: lists 2 firms where the edition has 3"),
    ],
)
def test_a_broken_cell_is_located(tmp_path, change, said):
    write(tmp_path / "sb.xlsx", "2023", change)
    with pytest.raises(DataError, match=said):
        read(tmp_path / "sb.xlsx", "2023")


def test_a_truncated_workbook_is_named(tmp_path):
    write(tmp_path / "sb.xlsx", "2023")
    whole = (tmp_path / "sb.xlsx").read_bytes()
    (tmp_path / "sb.xlsx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"sb\.xlsx: cannot be read as a workbook"):
        read(tmp_path / "sb.xlsx", "2023")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ALPHABET", "ALPHABET INC."),
        ("ASML HOLDING", "ASML HOLDING N.V."),
        ("AMLOGIC", "AMLOGIC CO.,LTD."),
        ("SAGE", "THE SAGE GROUP PLC"),
        ("AIR PRODUCTS AND CHEMICALS", "AIR PRODUCTS & CHEMICALS, INC."),
    ],
)
def test_names_are_linked_without_legal_forms(one, other):
    assert name_key(one, LAYOUTS["legal_forms"]) == name_key(other, LAYOUTS["legal_forms"])


def test_other_names_stay_apart():
    keys = {
        name_key(name, LAYOUTS["legal_forms"])
        for name in ("THERAVANCE", "THERAVANCE BIOPHARMA", "LG", "LG ELECTRONICS", "SAMSUNG SDI", "SAMSUNG")
    }
    assert len(keys) == 6


def test_totals_are_the_published_ones():
    checks = cleaned("scoreboard_checks").set_index("fiscal_year")
    assert checks.loc[2013:2022, "difference_pct"].abs().max() < 0.1
    growth = (checks["growth_pct"] - checks["published_growth_pct"]).abs()
    assert growth.drop(2022).max() < 0.1  # the headline of 2022 is quoted as 12.8, the firms' own growth gives 13.7
    assert 1 - checks["links_suspect"].sum() / checks["links"].sum() > 0.98
    assert 2023 not in checks.index
