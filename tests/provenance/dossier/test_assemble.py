"""What the dossier holds, without a browser."""

import base64
import gzip
import json
import re

import pytest
from PIL import Image

from analysis.provenance.dossier.assemble import assemble


@pytest.fixture
def page(tmp_path):
    return assembled(tmp_path, "")


def assembled(tmp_path, blind):
    (tmp_path / "figures").mkdir()
    (tmp_path / "paper/tables").mkdir(parents=True)
    (tmp_path / "figures/path.csv").write_text("axes,x,y\n1,2,3\n")
    Image.new("RGB", (4, 3), "white").save(tmp_path / "figures/path.png")
    (tmp_path / "paper/tables/effects.csv").write_text("outcome,estimate\nR&D,0.31\n")
    cells = {"columns": ["Outcome"], "rows": [["</script><b>R&D"]], "align": ["left"], "bold": [], "wide": [], "rules": [], "widths": []}
    (tmp_path / "paper/tables/effects.json").write_text(json.dumps(cells))
    nodes = {
        "exhibit:path": {"kind": "exhibit", "name": "path", "exhibit": "figure", "from": [], "cells": []},
        "exhibit:effects": {"kind": "exhibit", "name": "effects", "exhibit": "table", "from": [], "cells": []},
    }
    curve = {"title": "C", "columns": ["estimate", "sample"], "rows": [[0.1, "all"], [0.2, "some"], [0.3, "all"]]}
    provenance = {
        "code": {"sha256": "0" * 64, "files": 1},
        "nodes": nodes,
        "estimates": [{"estimate": 0.31, "term": "att"}],
        "curves": {"c": curve},
        "labels": {},
    }
    numbers = {
        "blind": blind,
        "exhibits": {"effects": {"title": "Effects", "note": "N"}, "path": {"title": "Path", "note": "N", "alt": "A"}},
    }
    order = {"exhibits": ["path", "effects"], "curves": ["c"]}
    return assemble(provenance, numbers, "Title & more", order, tmp_path)


def test_title_says_that_a_run_is_blind(tmp_path):
    assert "<title>Title &amp; more. BLIND RUN</title>" in assembled(tmp_path, "BLIND RUN")


def inside(page):
    return json.loads(gzip.decompress(base64.b64decode(re.search(r'id="data">([^<]*)<', page)[1])))


def test_page_loads_nothing(page):
    assert not re.search(r"""(src|href)\s*=\s*["'](?!#|data:)""", page.split("<script")[0])
    assert "<link" not in page and "@import" not in page and not re.search(r"url\((?!data:)", page) and "{{" not in page
    assert not re.search(r"fetch\(|XMLHttpRequest|importScripts|https?://(?!www\.w3\.org/2000/svg)", page)


def test_text_never_becomes_markup(page):
    assert "</script><b>" not in page and "Title &amp; more" in page and "innerHTML" not in page


def test_data_are_whole_and_ordered(page):
    data = inside(page)
    assert data["order"] == ["path", "effects"] and data["exhibits"]["path"]["csv"] == "axes,x,y\n1,2,3\n"
    assert data["estimates"]["estimate"] == [0.31] and data["estimates"]["cohort"] == [None]
    assert data["curves"]["c"]["columns"]["sample"] == {"levels": ["all", "some"], "codes": [0, 1, 0]}
    assert data["curves"]["c"]["columns"]["estimate"] == {"values": [0.1, 0.2, 0.3]}


def test_long_data_stay_in_their_file(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.provenance.dossier.assemble.LONGEST_CSV", 5)
    about = inside(assembled(tmp_path, ""))["exhibits"]["path"]
    assert "csv" not in about and about["file"] == "figures/path.csv" and base64.b64decode(about["picture"])[8:12] == b"WEBP"
