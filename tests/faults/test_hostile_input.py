"""Input that means harm: shown as text or refused in a line, never run, followed or unpacked."""

import json
import zipfile

import pandas as pd
import pytest
import typst
import yaml

from analysis.__main__ import main
from analysis.core.catalogue import ROOT
from analysis.core.checked_yaml import read_yaml
from analysis.core.config import load
from analysis.core.contracts import read_raw
from analysis.core.errors import ConfigError, DataError, UnknownName
from analysis.exhibits.display import Table, save_table
from analysis.provenance.dossier.assemble import rendered

PART = "Hostile input"
CONTRACT = {"key": ["unit"], "columns": {"unit": {"type": "text"}, "value": {"type": "number"}}}
NAMES = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</script><svg onload=alert(1)>",
    "'; DROP TABLE estimates; --",
    '#panic("typst ran")',
    '#eval("1") $x$ *b* @ref <label>',
    r"\input{/etc/passwd} \write18{id}",
    "{{ 7 * 7 }} {% raw %}",
    "../../../etc/passwd",
)


@pytest.mark.parametrize("cell", ["=1+1", '=HYPERLINK("http://x","y")', "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0"])
def test_a_formula_in_a_raw_file_is_refused(tmp_path, record, cell):
    path = tmp_path / "t.csv"
    pd.DataFrame({"unit": [cell], "value": [1]}).to_csv(path, index=False)
    with pytest.raises(DataError, match=r"row 2, column 'unit'.*a formula"):
        read_raw(path, CONTRACT)
    record(PART, f"formula in a cell of a raw file: `{cell}`", 1, refused=1)


def test_names_are_shown_as_text_in_every_form_of_a_table(tmp_path, record):
    frame = pd.DataFrame({"Unit": NAMES, "Estimate": [0.1] * len(NAMES)})
    paths = {kind: str(tmp_path / f"t.{kind}") for kind in ("csv", "tex", "html", "json")}
    save_table(Table(frame), paths, "real")
    assert pd.read_csv(paths["csv"])["Unit"].tolist() == list(NAMES)
    html = (tmp_path / "t.html").read_text(encoding="utf-8")
    body = html[html.index("<tbody") :]
    assert "<script" not in body and "<img" not in body and "<svg" not in body
    tex = (tmp_path / "t.tex").read_text(encoding="utf-8")
    assert r"\input" not in tex and r"\write18" not in tex
    (tmp_path / "t.typ").write_text('#for row in json("t.json").rows [#table(..row)]\n', encoding="utf-8")
    assert typst.compile(str(tmp_path / "t.typ")).startswith(b"%PDF")
    assert json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))["rows"][4][0] == NAMES[4]
    record(
        PART, "names that are HTML, script, SQL, Typst, TeX or a template, in a table (csv, tex, html, Typst)", len(NAMES), same=len(NAMES)
    )


def test_a_title_cannot_leave_its_place_in_the_dossier(record):
    for name in NAMES:
        page = rendered(name, "AAAA")
        assert "<" not in name or name not in page
    record(PART, "such names as the title of the dossier", len(NAMES), same=len(NAMES))


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("YAML bomb: a thousand million entries by references", BOMB),
        ("YAML that holds itself", "a: &a [*a]\n"),
        ("YAML tag that calls Python", "a: !!python/object/apply:os.system ['echo harm']\n"),
        ("YAML tag that makes a Python object", "a: !!python/name:os.system\n"),
        ("YAML with a NUL byte", "a: \0\n"),
        ("YAML that is nested ten thousand deep", "a: " + "[" * 10_000 + "]" * 10_000 + "\n"),
    ],
)
def test_a_hostile_configuration_is_refused(tmp_path, record, name, text):
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"c\.yaml"):
        read_yaml(path, {"type": "object", "additionalProperties": {"type": "array"}})
    record(PART, name, 1, refused=1)


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "a b", "a;rm -rf", "$(id)", "{outcome}", "..", "a\nb"])
def test_a_name_that_is_a_path_is_refused(config_copy, record, name):
    path = config_copy / "specifications/provinces.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    some = next(iter(content["specifications"].values()))
    with path.open("a", encoding="utf-8") as stream:
        stream.write(f"\n  {json.dumps(name)}: {json.dumps(some, default=str)}\n")
    with pytest.raises((ConfigError, UnknownName)) as error:
        load(config_copy)
    assert len(str(error.value).splitlines()) < 4
    record(PART, f"specification named `{json.dumps(name)[1:-1]}`", 1, refused=1)


@pytest.mark.parametrize("kind", ["cell of 10 MB", "NUL byte"])
def test_cells_that_no_table_has(tmp_path, record, kind):
    path = tmp_path / "t.csv"
    path.write_text(f"unit,value\n{'x' * 10_000_000 if kind == 'cell of 10 MB' else 'a' + chr(0) + 'b'},1\n")
    with pytest.raises(DataError, match="row 2"):
        read_raw(path, CONTRACT)
    record(PART, f"{kind} in a raw file", 1, refused=1)


def test_an_archive_cannot_write_outside(tmp_path, record, capsys):
    """Archives of firm files are read in memory: nothing is unpacked, whatever its name says."""
    folder = tmp_path / "inner" / "firms"
    folder.mkdir(parents=True)
    template = (ROOT / "tests/sources/firms/miniature/simfin/us-income-annual.csv").read_bytes()
    with zipfile.ZipFile(folder / "files.zip", "w") as packed:
        for name in ("../../evil.csv", "/tmp/evil-of-faults.csv", "..\\evil.csv", "us-income-annual.csv"):
            packed.writestr(name, template)
    before = set(tmp_path.rglob("*"))
    main(["doctor", str(folder)])
    assert set(tmp_path.rglob("*")) == before
    assert "Traceback" not in capsys.readouterr().err
    record(PART, "zip slip: archive of firm files with names that lead outside", 3, same=3)


def test_hostile_names_in_a_users_table(tmp_path, record, capsys):
    """Units with such names are estimated like any other; no cell of the result begins a formula."""
    units = [*NAMES, "=1+1", "plain"]
    panel = pd.DataFrame(
        [{"unit": u, "year": t, "first": 2 if i % 2 else 0, "y": i + t * (i % 3)} for i, u in enumerate(units) for t in (1, 2, 3)]
    )
    panel.to_csv(tmp_path / "panel.csv", index=False)
    arguments = ["--estimator", "callaway_santanna", "--outcome", "y", "--unit", "unit", "--time", "year", "--cohort", "first", "--out"]
    assert main(["estimate", str(tmp_path / "panel.csv"), *arguments, str(tmp_path / "out.csv")]) == 0
    cells = pd.read_csv(tmp_path / "out.csv", dtype=str).fillna("").to_numpy().ravel()
    assert not [cell for cell in cells if cell[:1] in ("=", "@")]
    record(PART, "units of a reader's table with such names, estimated", len(units), same=len(units))
