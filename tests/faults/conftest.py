"""The checkout that faults are tried on, and the record of what was tried, from which docs/reliability.md is written."""

import os
import time
from pathlib import Path

import pytest

from analysis.core.catalogue import ROOT
from tests.faults.checkout import copy_of_study
from tests.faults.report import Fault, keep, write

RECORD: list[Fault] = []


def pytest_collection_modifyitems(items):
    """Everything here is slow: it runs the study again and again."""
    for item in items:
        if "/faults/" in item.path.as_posix():
            item.add_marker(pytest.mark.slow)


def pytest_sessionfinish(session, exitstatus):
    """Keep what was tried where IPS_FAULTS_RECORD says, and write the page from all that is kept there; not after a failure."""
    kept = os.environ.get("IPS_FAULTS_RECORD")
    if kept and exitstatus == 0 and RECORD:
        write(keep(RECORD, Path(kept)), ROOT / "docs/reliability.md")


@pytest.fixture
def record():
    """Return a function that notes a fault: what was tried how often, and how often it ended in each way."""

    def note(part, fault, tried, same=0, refused=0, unseen=0, harmless=0, lost="nothing", remark=""):
        RECORD.append(Fault(part, fault, tried, same, refused, unseen, lost, remark, harmless))

    return note


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """Return a checkout whose small target was made once, with the results (SHA-256 by path) and the seconds that it took."""
    checkout = copy_of_study(tmp_path_factory.mktemp("faults") / "study")
    start = time.monotonic()
    result = checkout.run()
    assert result.returncode == 0, result.stdout + result.stderr
    return checkout, checkout.made(), time.monotonic() - start
