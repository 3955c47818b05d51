"""A rerun against archived results: what is caught, where, and what is allowed."""

import base64
import gzip
import io
import json
import shutil
import subprocess
import zlib

import numpy as np
import pytest
from PIL import Image

from analysis.__main__ import main
from analysis.core.catalogue import ROOT
from analysis.review.verification.allowance import agree, parsed
from analysis.review.verification.compare import ABSENT, DRIFTED, EXTRA, IDENTICAL, MISSING, REDRAWN, VERSIONS, WITHIN, compare
from analysis.review.verification.missing_inputs import MissingInputs, missing_inputs
from analysis.review.verification.rerun import source_paths
from tests.study import STUDY

RULES = STUDY["verification"]
TABLE = "paper/tables/effects.csv"


def dossier(data):
    return f'<p>Page</p><script id="data">{base64.b64encode(gzip.compress(json.dumps(data).encode(), mtime=0)).decode()}</script>'


def page(y=b"0", said=b"(0.31) Tj"):
    """Return a PDF of one object, packed, which draws a line to height `y` and says `said`."""
    packed = zlib.compress(b"0 0 m 9 " + y + b" l S " + said)
    return b"%PDF-1.4\n1 0 obj\n<</Filter /FlateDecode>>\nstream\n" + packed + b"\nendstream\nendobj\n%%EOF\n"


@pytest.fixture
def runs(tmp_path):
    """Return two folders with the same small results."""
    for name in ("archived", "rerun"):
        tables, figures = tmp_path / name / "paper" / "tables", tmp_path / name / "figures"
        tables.mkdir(parents=True)
        figures.mkdir()
        (tables / "effects.csv").write_text(
            "outcome,estimate,ci_low,ci_high,p_value,draws\nR&D,0.31,0.02,0.61,0.038,1999\nGDP,0.1,-0.2,0.4,0.5,\n"
        )
        (tables / "effects.html").write_text("<table>\n<td>R&D</td><td>0.31</td>\n</table>\n")
        (tmp_path / name / "paper" / "dossier.html").write_text(dossier({"rd": [0.3129, "R&D"], "png": "AAAA"}))
        (figures / "path.csv").write_text("axes,x,y\n1,2,3.5\n")
        (figures / "path.pdf").write_bytes(page())
        (tmp_path / name / "paper" / "numbers.json").write_text(
            json.dumps({"numbers": {"rd": "0.31"}, "values": {"rd": 0.3129}, "absent": {}, "exhibits": {"e": {"note": "A note."}}})
        )
    return tmp_path / "archived", tmp_path / "rerun"


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def found(runs, *more, **options):
    return {result.path: result for result in compare(*runs, RULES, *more, **options)}


def test_equal_runs_are_identical(runs):
    results = found(runs)
    assert len(results) == 6 and {result.status for result in results.values()} == {IDENTICAL}


@pytest.mark.parametrize(
    ("file", "old", "new", "place"),
    [
        (TABLE, "GDP,0.1,", "GDP,0.11,", "row 2 (GDP), column estimate"),
        (TABLE, "R&D,0.31", "R & D,0.31", "row 1 (R & D), column outcome"),
        (TABLE, "outcome,estimate", "outcome,value", "header"),
        (TABLE, "GDP,0.1,-0.2,0.4,0.5,\n", "", "rows"),
        ("figures/path.csv", "3.5", "3.6", "row 1, column y"),
        ("paper/tables/effects.html", "0.31", "0.32", "line 2"),
        ("paper/tables/effects.html", "R&D", "GDP", "line 2"),
        ("paper/dossier.html", "Page", "Pages", "line 1"),
        ("paper/numbers.json", "0.3129", "0.3229", "values: rd"),
        ("paper/numbers.json", "A note.", "Another note.", "exhibits: e"),
    ],
)
def test_a_tampered_cell_is_caught_and_located(runs, file, old, new, place):
    edit(runs[0] / file, old, new)
    result = found(runs)[file]
    assert result.status == DRIFTED and result.differences[0].place == place


def picture(shade):
    content = io.BytesIO()
    Image.fromarray(
        np.full((4, 6, 3), 255, "uint8") - np.array([[[shade * (row == 2 == column)] for column in range(6)] for row in range(4)], "uint8")
    ).save(content, format="PNG")
    return content.getvalue()


def test_what_a_dossier_holds_is_compared_with_its_pictures(runs):
    pages = [run / "paper/dossier.html" for run in runs]
    for page, shade in zip(pages, (0, 9), strict=True):
        page.write_text(dossier({"rd": [0.3129, "R&D"], "png": base64.b64encode(picture(shade)).decode()}))
    assert found(runs)["paper/dossier.html"].status == REDRAWN  # shades that nobody sees
    pages[1].write_text(dossier({"rd": [0.3129, "R&D"], "png": base64.b64encode(picture(99)).decode()}))
    swapped = found(runs)["paper/dossier.html"]
    assert swapped.status == DRIFTED
    assert [difference.place for difference in swapped.differences] == ["data: png, columns 2-2, rows 2-2 of 6 x 4"]
    assert found(runs, level=VERSIONS)["paper/dossier.html"].status == REDRAWN
    pages[0].write_text(dossier({"rd": [0.3329, "R&D"], "png": "AAAA"}))
    result = found(runs, level=VERSIONS)["paper/dossier.html"]
    assert result.status == DRIFTED and result.differences[0].place == "data: rd, 0"
    pages[0].write_text('<p>Page</p><script id="data">AAAA</script>')
    assert found(runs)["paper/dossier.html"].status == DRIFTED


def test_print_may_round_otherwise_only_where_a_cell_moved(runs):
    edit(runs[0] / "paper/tables/effects.html", "0.31", "0.32")
    assert found(runs)["paper/tables/effects.html"].status == DRIFTED
    edit(runs[0] / TABLE, "GDP,0.1,", "GDP,0.1000001,")  # the last digit
    assert found(runs)["paper/tables/effects.html"].status == WITHIN
    edit(runs[0] / "paper/tables/effects.html", "0.32", "0.33")
    assert found(runs)["paper/tables/effects.html"].status == DRIFTED


def test_a_row_that_is_gone_is_named_and_moves_no_other(runs):
    edit(runs[0] / TABLE, "R&D,0.31,0.02,0.61,0.038,1999\n", "")
    rows, gone = found(runs)[TABLE].differences
    assert rows.place == "rows" and gone.place == "row 1 of the rerun" and gone.rerun.startswith("R&D, 0.31")


def test_files_that_are_missing_or_extra_fail(runs):
    (runs[1] / "figures/path.csv").unlink()
    (runs[1] / "paper/tables/new.csv").write_text("a\n1\n")
    results = found(runs)
    assert results["figures/path.csv"].status == MISSING and results["paper/tables/new.csv"].status == EXTRA
    assert results["figures/path.csv"].fails and results["paper/tables/new.csv"].fails


def test_bytes_are_told_apart_from_cells(runs):
    (runs[1] / "figures/path.pdf").write_bytes(page(b"0.0000001"))
    results = found(runs)
    assert results["figures/path.pdf"].status == REDRAWN and not results["figures/path.pdf"].fails


@pytest.mark.parametrize("drawn", [page(b"0.1"), page(said=b"(0.32) Tj"), page()[:-9], page() + b"2 0 obj\n<<>>\nendobj\n%%EOF"])
def test_a_document_that_shows_something_else_has_drifted(runs, drawn):
    (runs[1] / "figures/path.pdf").write_bytes(drawn)
    result = found(runs)["figures/path.pdf"]
    assert result.status == DRIFTED and result.differences[0].place in ("object 1", "no whole PDF", "3 objects for 2")
    assert found(runs, level=VERSIONS)["figures/path.pdf"].status == REDRAWN


def without_data(runs):
    (runs[1] / TABLE).write_text("Not available\nData absent.\n")
    content = {"numbers": {"rd": "n/a"}, "values": {"rd": None}, "absent": {"effects": "why"}, "exhibits": {"e": {"note": "A note."}}}
    (runs[1] / "paper/numbers.json").write_text(json.dumps(content))


def test_absent_data_are_no_drift_of_what_rests_on_them(runs):
    without_data(runs)
    (runs[1] / "figures/path.pdf").write_bytes(page(b"0.0000001"))
    results = found(runs, MissingInputs(frozenset({"effects"}), frozenset({"rd"}), frozenset({"effects"})))
    assert results[TABLE].status == results["paper/numbers.json"].status == ABSENT
    assert results["figures/path.pdf"].status == REDRAWN


def test_a_placeholder_of_data_that_are_at_hand_is_drift(runs):
    without_data(runs)
    results = found(runs)
    assert results[TABLE].status == results["paper/numbers.json"].status == DRIFTED


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("0.31,0.02,", "0.3100000001,0.02,", WITHIN),  # a point within 1e-6
        ("0.31,0.02,", "0.3101,0.02,", DRIFTED),  # a point is no draw
        ("0.038,1999", "0.045,1999", WITHIN),  # 1,999 draws: three standard errors are 0.013
        ("0.038,1999", "0.06,1999", DRIFTED),
        ("0.02,0.61", "0.04,0.61", WITHIN),  # 1,999 draws: three standard errors of the end are 0.027
        ("0.02,0.61", "-0.04,0.61", DRIFTED),
        ("-0.2,0.4,0.5", "-0.18,0.4,0.5", DRIFTED),  # no draws in this row
    ],
)
def test_random_draws_have_their_own_allowance(runs, old, new, status):
    edit(runs[1] / TABLE, old, new)
    result = found(runs, level=VERSIONS)[TABLE]
    assert result.status == status and len(result.differences) == 1  # named also where it agrees
    assert result.differences[0].agrees == (status == WITHIN)


def test_equal_libraries_draw_alike(runs):
    edit(runs[1] / TABLE, "0.038,1999", "0.0385,1999")
    assert found(runs)[TABLE].status == DRIFTED


def test_agreement_is_relative_but_for_what_is_zero():
    def near(old, new):
        return agree(old, new, RULES)

    assert near("1000000", "1000000.5") and not near("1000000", "1000002")
    assert near("1.234567e-08", "1.234568e-08") and not near("3e-7", "9e-7")
    assert near("1e-16", "-3e-17") and near("0.1234567", "0.1234568")
    assert not near("0.1", "") and not near("nan", "0.1") and near("", "")
    assert near("-0.0", "0.0") and near("1e-300", "0") and not near("nan", "") and not near("inf", "1e308")


@pytest.mark.parametrize("scale", [1e9, 1.0, 1e-3, 1e-4, 1e-5, 3e-6])
def test_a_coefficient_changed_in_the_sixth_digit_differs_on_any_scale(scale):
    first, second = (f"{scale * value:.7g}" for value in (1.234567, 1.234577))
    assert not agree(first, second, RULES)


@pytest.mark.parametrize(("old", "new"), [("1961290022", "1961290023"), ("20190101", "20190102"), ("12345678", "12345679")])
def test_a_seed_a_day_or_a_count_may_not_differ_at_all(old, new):
    assert not agree(old, new, RULES)


@pytest.mark.parametrize("row", ["GDP,0.1,-0.2,0.4,0.5,,9.9", "GDP,0.1,-0.2"])
def test_a_cell_too_many_or_too_few_is_drift(runs, row):
    edit(runs[0] / TABLE, "GDP,0.1,-0.2,0.4,0.5,", row)
    result = found(runs)[TABLE]
    assert result.status == DRIFTED and result.differences[0].place == "row 2"


def test_other_ends_of_lines_give_print_no_leave(runs):
    (runs[0] / TABLE).write_bytes((runs[0] / TABLE).read_bytes().replace(b"\n", b"\r\n"))
    edit(runs[0] / "paper/tables/effects.html", "0.31", "0.32")
    assert found(runs)["paper/tables/effects.html"].status == DRIFTED


def test_command_reports_a_tampered_archive(tmp_path, capsys):
    """The archived results of this checkout against a copy of them in which one cell was changed."""
    for folder in ("figures", "paper"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    assert main(["verify", "--results", str(tmp_path)]) == main(["verify", "--results", str(tmp_path), "--bytes"]) == 0
    assert "Verified." in capsys.readouterr().out
    path = tmp_path / "paper/tables/province_effects.csv"
    lines = path.read_text().splitlines()
    cells = lines[1].split(",")
    place = next(i for i, cell in enumerate(cells) if parsed(cell) not in (None, 0.0) and "." in cell)
    cells[place] = f"{float(cells[place]) + 0.01:.10g}"
    path.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n")
    assert main(["verify", "--results", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "drifted  paper/tables/province_effects.csv" in printed and "row 1" in printed and "NOT verified: 1 file." in printed


def test_a_replaced_picture_fails_unless_bytes_may_differ(tmp_path, capsys):
    """One that needs no file from outside, so that it is compared wherever the test runs."""
    for folder in ("figures", "paper"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    with (tmp_path / "figures/province_map.pdf").open("ab") as stream:
        stream.write(b"%")
    assert main(["verify", "--results", str(tmp_path), "--bytes"]) == 1
    assert "bytes differ  figures/province_map.pdf" in capsys.readouterr().out
    assert main(["verify", "--results", str(tmp_path)]) == 0  # it shows the same
    assert "Verified within tolerance: " in capsys.readouterr().out
    shutil.copy(tmp_path / "figures/province_curves.png", tmp_path / "figures/province_map.png")
    assert main(["verify", "--results", str(tmp_path)]) == 1
    assert "drifted  figures/province_map.png" in capsys.readouterr().out
    assert main(["verify", "--results", str(tmp_path), "--other-versions"]) == 0


def nothing_at_hand(study, folder):
    for table in (folder / "paper/tables").glob("*.csv"):
        table.write_text("Not available\nData absent.\n")
    content = json.loads((folder / "paper/numbers.json").read_text())
    rests = [name for name, number in study["numbers"].items() if number["from"] == "royalty_stacked"]
    content["numbers"] |= dict.fromkeys(rests, "n/a")
    content["values"] |= dict.fromkeys(rests)
    content["absent"] = {"royalty_stacked": "Not found."}
    (folder / "paper/numbers.json").write_text(json.dumps(content))


def test_a_rerun_of_placeholders_is_not_verified(tmp_path, capsys, monkeypatch):
    """Every table a placeholder: no exhibit from files of the repository may be one, whatever is at hand."""
    for folder in ("figures", "paper"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    nothing_at_hand(STUDY, tmp_path)
    monkeypatch.setenv("IPS_DATA", str(tmp_path / "none"))
    assert main(["verify", "--results", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "drifted  paper/tables/province_effects.csv" in printed
    assert "not rerun: data absent  paper/tables/royalty_effects.csv" in printed


def test_a_rerun_without_the_workbooks_is_verified_in_part(tmp_path, capsys, monkeypatch):
    for folder in ("figures", "paper"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    table = tmp_path / "paper/tables/royalty_effects.csv"
    table.write_text("Not available\nData absent.\n")
    numbers = tmp_path / "paper/numbers.json"
    content = json.loads(numbers.read_text())
    numbers.write_text(json.dumps(content | {"absent": {"royalty_stacked": "Not found."}}))
    monkeypatch.setenv("IPS_DATA", str(tmp_path / "none"))
    assert main(["verify", "--results", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "Verified in part: " in printed and "Scoreboard" in printed.splitlines()[-1]


def test_only_exhibits_of_absent_files_may_be_missing(tmp_path, monkeypatch):
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper/numbers.json").write_text(json.dumps({"absent": {"royalty_stacked": "Not found."}}))
    monkeypatch.setenv("IPS_DATA", str(tmp_path / "none"))
    found = missing_inputs(STUDY, tmp_path)
    assert {"royalty_effects", "published_numbers_table"} <= found.exhibits and "province_effects" not in found.exhibits
    assert "rd_att" not in found.numbers and "firm_rd" in found.numbers


def test_folder_without_a_run_is_refused(tmp_path, capsys):
    assert main(["verify", "--results", str(tmp_path)]) == 2 and "no run of the study" in capsys.readouterr().err


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
def test_clean_leaves_nothing_that_a_run_made(tmp_path):
    for path in (
        "data/processed/README.md",
        "data/processed/provenance.json",
        "data/processed/whatif/a.png",
        "logs/a.log",
        "figures/a.pdf",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x")
    shutil.copy(ROOT / "Makefile", tmp_path)
    subprocess.run(["make", "-s", "clean"], cwd=tmp_path, check=True)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"Makefile", "data/processed/README.md", "figures/a.pdf"}


def test_a_rerun_starts_without_any_result():
    paths = source_paths()
    assert "Snakefile" in paths and "paper/paper.typ" in paths and "data/raw/registers/issuances_china.csv" in paths
    assert not [path for path in paths if path.startswith(("figures/", "paper/tables/")) or path == "paper/numbers.json"]
    assert not [path for path in paths if path.startswith("data/processed/") and not path.endswith("README.md")]
