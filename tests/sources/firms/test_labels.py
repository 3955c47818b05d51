"""Stata and SPSS keep what stands beside a table in a sheet, the unit of its money, in labels of columns and of the file."""

import pandas as pd
import pyreadstat
import pytest

from analysis.core.errors import DataError
from analysis.core.rawfiles import files_of
from analysis.sources.firms.folder import read_folder
from tests.sources.firms.test_variations import RAW, cells

pytestmark = pytest.mark.fast

TABLE = pd.DataFrame({"firm_id": ["F1"], "year": [2019], "currency": ["CNY"], "assets": [612000.0], "rd": [5000.0]})


def labelled(folder, write, suffix, columns, file=""):
    write(TABLE, str(folder / f"a.{suffix}"), column_labels=columns, file_label=file)
    return read_folder(files_of(folder), RAW["adapters"], RAW["tables"])


@pytest.mark.parametrize(
    ("columns", "file", "right"),
    [
        ({"assets": "Total assets (thousand CNY)", "rd": "R&D expenditure"}, "", (612.0, 5000.0)),
        ({"assets": "资产(千元)", "rd": "研发费用(元)"}, "", (612.0, 0.005)),
        ({"assets": "Total assets, in thousands of CNY"}, "", (612.0, 5000.0)),
        ({"firm_id": "Firm", "currency": "Currency, USD"}, "Amounts in thousand CNY", (612.0, 5.0)),
        ({"assets": "Total assets", "year": "Fiscal year"}, "My firms", (612000.0, 5000.0)),
    ],
)
def test_a_label_names_the_unit_where_the_header_does_not(columns, file, right, tmp_path):
    for write, suffix in ((pyreadstat.write_dta, "dta"), (pyreadstat.write_sav, "sav")):
        folder = tmp_path / suffix
        folder.mkdir()
        found = cells(labelled(folder, write, suffix, columns, file if suffix == "dta" else ""), "F1", 2019)
        wanted = right if suffix == "dta" or not file.startswith("Amounts") else (612000.0, 5000.0)
        assert (found["assets"], found["rd"]) == pytest.approx(wanted)


def test_a_label_with_a_currency_and_no_unit_is_refused_as_such_a_header_is(tmp_path):
    with pytest.raises(DataError, match=r"column 'assets \(CNY\)'.* names a currency and no unit"):
        labelled(tmp_path, pyreadstat.write_dta, "dta", {"assets": "Total assets, CNY"})
