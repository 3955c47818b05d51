"""docs/pinned.csv says when what the locks pin was released: exactly their versions, none of a day to come."""

import csv
import re
from datetime import date

import pytest

from analysis.core.rawfiles import ROOT

pytestmark = pytest.mark.fast


def test_the_list_of_versions_is_that_of_the_locks():
    locks = [(ROOT / name).read_text(encoding="utf-8") for name in ("requirements.lock", "requirements-slurm.lock")]
    pinned = {found for lock in locks for found in re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.MULTILINE)}
    with (ROOT / "docs/pinned.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {(row["library"], row["version"]) for row in rows} == pinned, "run `make lock`"
    assert all(date(2000, 1, 1) < date.fromisoformat(row["released"]) <= date.today() for row in rows)
    assert {row["advisories_july_2021"] for row in rows} <= {"", "none"}, "a pinned version has a known advisory"
