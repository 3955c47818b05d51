"""One version: of pyproject.toml, on the command line, in the citation and at the top of what changed."""

import re

import pytest

from analysis.__main__ import main
from analysis.core.catalogue import ROOT
from analysis.core.version import version
from analysis.review.deposit.metadata import citation

pytestmark = pytest.mark.fast


def test_everything_reads_the_one_version(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.strip() == version() == citation(ROOT)["version"]
    assert "version:" not in (ROOT / "CITATION.cff").read_text(encoding="utf-8").replace("cff-version:", "")


def test_the_newest_changes_are_those_of_this_version_and_day():
    number, day = re.search(r"^## (\S+) \((\S+)\)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE).groups()
    assert (number, day) == (version(), str(citation(ROOT)["date-released"]))
