"""Every raw CSV, corrupted in every usual way, is refused with file, row and column. A new source is covered by itself."""

import csv
import shutil

import pytest

from analysis.core.config import CONFIG
from analysis.core.contracts import read_raw
from analysis.core.errors import DataError
from analysis.core.rawfiles import ROOT, locate, missing
from tests.raw import contract

TABLES = {path.stem: about for path in sorted((CONFIG / "sources").glob("*.yaml")) if "columns" in (about := contract(path.stem))}


@pytest.fixture(params=TABLES)
def copy(request, tmp_path):
    """Return a copy of a raw file with its contract; a file that is read in place may not be at hand."""
    about = TABLES[request.param]
    if reason := missing(about):
        pytest.skip(reason)
    path = tmp_path / about["file"].rsplit("/", 1)[-1]
    shutil.copyfile(ROOT / locate(about)["file"], path)
    return path, about


def edit(path, change):
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def refused(path, about):
    with pytest.raises(DataError) as error:
        read_raw(path, about)
    return str(error.value)


def columns(about, *kinds):
    return [name for name, rule in about["columns"].items() if rule["type"] in kinds]


def place(path, header, column, value):
    def change(rows):
        rows[2][rows[0].index(column)] = value

    edit(path, change)


def test_the_file_as_it_is(copy):
    path, about = copy
    assert len(read_raw(path, about))


def test_a_wrong_header(copy):
    path, about = copy
    column = about["key"][0]
    edit(path, lambda rows: rows[0].__setitem__(rows[0].index(column), column + "_x"))
    message = refused(path, about)
    assert f"{path.name}, row 1, column '{column}': required column is missing" in message
    assert f"column '{column}_x': unknown column" in message


def test_text_in_a_number(copy):
    path, about = copy
    numbers = columns(about, "number", "integer")
    if not numbers:
        pytest.skip(f"{path.name} holds no number")
    place(path, None, numbers[0], "lots")
    assert f"{path.name}, row 3, column '{numbers[0]}', value 'lots': is not a" in refused(path, about)


def test_a_duplicated_key(copy):
    path, about = copy
    edit(path, lambda rows: rows.append(list(rows[1])))
    message = refused(path, about)
    assert f"{path.name}, row " in message
    assert f"column '{', '.join(about['key'])}'" in message
    assert "duplicated key, first seen in row 2" in message


def test_a_row_lost(copy):
    path, about = copy
    if "rows" not in about:
        pytest.skip(f"{path.name} is measured anew, with as many rows as there are")
    edit(path, lambda rows: rows.pop(1))
    said = f"row {about['rows']}: is the last of {about['rows'] - 1:,} records, where the file's map in config/sources/ counts"
    assert said in refused(path, about)


def test_a_year_out_of_range(copy):
    path, about = copy
    years = [name for name in columns(about, "integer") if "year" in name and "maximum" in about["columns"][name]]
    dates = columns(about, "partial_date", "date")
    if years:
        place(path, None, years[0], "3000")
        said = f"row 3, column '{years[0]}', value '3000': must be at most"
    elif dates:
        place(path, None, dates[0], "2021-13-45")
        said = f"row 3, column '{dates[0]}', value '2021-13-45': is not a date"
    else:
        pytest.skip(f"{path.name} holds no year and no date")
    assert said in refused(path, about)


def test_a_file_cut_short(copy):
    path, about = copy
    whole = path.read_bytes()
    end = whole.rstrip(b"\n").rfind(b",")
    path.write_bytes(whole[:end])
    message = refused(path, about)
    assert path.name in message
    assert f"row {len(list(csv.reader(whole.decode().splitlines())))}" in message


def test_a_word_that_is_not_allowed(copy):
    path, about = copy
    closed = [name for name, rule in about["columns"].items() if "allowed" in rule]
    if not closed:
        pytest.skip(f"{path.name} has no closed list")
    place(path, None, closed[0], "nonsense")
    assert f"row 3, column '{closed[0]}', value 'nonsense': must be one of" in refused(path, about)


def test_the_cards_hash_what_is_there():
    """The hashes in each raw folder are those of the files: raw data are immutable."""
    import hashlib

    folders = [folder for folder in sorted((ROOT / "data/raw").iterdir()) if any(folder.glob("*.csv"))]
    assert folders
    for folder in folders:
        lines = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
        assert lines == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.csv")}, folder
