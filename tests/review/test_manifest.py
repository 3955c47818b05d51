"""A run's manifest, and two runs compared by theirs alone."""

import json
import shutil

import pytest

from analysis.__main__ import main
from analysis.core.rawfiles import ROOT
from analysis.review.manifest import MANIFEST, compare, environment, write


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a small checkout after a run that made one table and one figure, with the log of a job."""
    folder = tmp_path_factory.mktemp("run") / "study"
    for path in ("config/verification.yaml", "config/study.yaml", "data/raw/registers/pilots.csv", "analysis/__init__.py"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    for path, content in {
        "paper/tables/effects.csv": "a\n1\n",
        "figures/path.png": "picture",
        "logs/estimate/m/y.log": "done: 3.21 s, 2.95 s of CPU, 214 MB\n",
        "data/processed/raw_files.json": json.dumps({"lists": [{"path": "IPS_DATA/list.xlsx", "sha256": 32 * "ab"}]}),
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    write(folder)
    return folder


def changed(run, folder, path, content):
    shutil.copytree(run, folder)
    (folder / path).write_text(content)
    write(folder)
    return folder


def test_it_says_what_the_run_was(run):
    held = json.loads((run / MANIFEST).read_text())
    assert set(held["inputs"]) == {"data/raw/registers/pilots.csv", "IPS_DATA/list.xlsx"}
    assert {"config/study.yaml", "analysis/__init__.py"} <= set(held["code"]) and held["seeds"]["study"].isdigit()
    assert held["jobs"] == {"estimate m/y": {"seconds": 3.21, "cpu": 2.95, "MB": 214.0}}
    assert set(held["results"]) == {"paper/tables/effects.csv", "figures/path.png"}


def test_the_environment_names_processor_and_kernels():
    about = environment()
    assert about["processor"] and about["PYTHONHASHSEED"].isdigit()
    assert all(kernel for name, kernel in about.items() if name.startswith("kernel of"))


def test_equal_runs_are_equal_by_their_manifests_alone(run, tmp_path, capsys):
    shutil.copy(run / MANIFEST, tmp_path / "other.json")
    assert main(["verify", "--manifests", str(run), str(tmp_path / "other.json")]) == 0
    assert "2 results: 2 identical, 0 not; 0 differences" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "content", "result", "cause"),
    [
        ("paper/tables/effects.csv", "a\n2\n", ("differs", "paper/tables/effects.csv"), None),
        ("paper/tables/new.csv", "a\n2\n", ("extra", "paper/tables/new.csv"), None),
        ("data/raw/registers/pilots.csv", "x\n", None, ("inputs", "data/raw/registers/pilots.csv")),
        ("analysis/__init__.py", "X = 1\n", None, ("code", "analysis/__init__.py")),
        ("config/study.yaml", "seed: 1\n", None, ("seeds", "study")),
    ],
)
def test_what_differs_is_named_with_what_may_be_why(run, tmp_path, path, content, result, cause):
    found = compare(run, changed(run, tmp_path / "other", path, content))
    assert found.differ == ([result] if result else [])
    assert cause is None or cause in [each[:2] for each in found.causes]


@pytest.mark.parametrize("content", [None, "{", "[]", '{"inputs": {}}'])
def test_what_is_no_manifest_is_refused_in_a_line(run, tmp_path, capsys, content):
    if content is not None:
        (tmp_path / "other.json").write_text(content)
    assert main(["verify", "--manifests", str(run), str(tmp_path / "other.json")]) == 2
    assert "manifest" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("part", "value"),
    [("results", {}), ("results", {"paper/x.csv": None}), ("inputs", {"a": 7}), ("code", {"a": "0" * 63}), ("seeds", {"study": None})],
)
def test_a_manifest_that_was_edited_by_hand_is_refused(run, tmp_path, capsys, part, value):
    held = json.loads((run / MANIFEST).read_text())
    for name in ("one.json", "other.json"):
        (tmp_path / name).write_text(json.dumps(held | {part: value}))
    assert main(["verify", "--manifests", str(tmp_path / "one.json"), str(tmp_path / "other.json")]) == 2
    assert f"one.json: {part}" in (said := capsys.readouterr().err) or "lists no results" in said
