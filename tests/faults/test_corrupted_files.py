"""Every raw file corrupted in many ways: refused with its place, or proven harmless; what no contract can see, its hash does."""

import hashlib
import os
import random
import re
from collections import Counter

import pytest

from analysis.core.contracts import read_raw
from analysis.core.errors import DataError
from analysis.core.rawfiles import ROOT, SUMS, hold_to_hash, locate, missing
from tests.faults.corruptions import CORRUPTIONS, UNITS, in_other_units, unchanged
from tests.faults.reach import reached
from tests.workflow.test_corrupted_raw_files import TABLES

EACH = int(os.environ.get("IPS_FAULT_CORRUPTIONS", "17"))  # of each file, over all kinds
LONG = 400  # rows of a table that are corrupted, so that a thousand ways take minutes
PART = "Raw files corrupted"
IN_OTHER_UNITS = "Raw files in other units"
SAME, REFUSED, HARMLESS, UNSEEN = "same", "refused", "harmless", "unseen"
COUNTS: dict[str, Counter] = {kind: Counter() for kind in (*CORRUPTIONS, *UNITS)}
UNSEEN_AT: dict[str, Counter] = {kind: Counter() for kind in UNITS}
HELD: Counter = Counter()
UNCOUNTED: Counter = Counter()  # rows lost from files that no contract counts
LOCATED = re.compile(r", (row \d+|column '[^']*')|: (is empty|file not found)$")


@pytest.fixture(params=TABLES)
def raw(request, tmp_path):
    """Return a copy of a raw file (the head of a long one), its contract and what is read of it."""
    about = TABLES[request.param]
    if reason := missing(about):
        pytest.skip(reason)
    original = ROOT / locate(about)["file"]
    path = tmp_path / original.name
    path.write_bytes(b"".join(original.read_bytes().splitlines(keepends=True)[: LONG + 1]))
    wanted = read_raw(path, {name: rule for name, rule in about.items() if name != "rows"})
    return path, about | ({"rows": len(wanted)} if "rows" in about else {}), wanted


def outcome(path, about, wanted):
    """Return whether the file is read as before, refused with its place, or read as something else."""
    try:
        table = read_raw(path, about)
    except DataError as error:
        first, *_ = str(error).splitlines()
        assert path.name in first and LOCATED.search(first), first
        return REFUSED
    return SAME if ordered(table, about).equals(ordered(wanted, about)) else UNSEEN


def ordered(table, about):
    """Return a table by its key: the order of rows and columns is no information."""
    return table.sort_values(about["key"], ignore_index=True)


def test_a_corrupted_file_is_located_or_harmless_and_its_hash_sees_all(raw):
    path, about, wanted = raw
    content = path.read_bytes()
    (path.parent / SUMS).write_text(f"{hashlib.sha256(content).hexdigest()}  {path.name}\n")
    hold_to_hash(path)
    dice = random.Random(path.name)
    kinds = list(CORRUPTIONS)
    for number in range(EACH):
        kind = kinds[number % len(kinds)]
        corrupted = CORRUPTIONS[kind](content, dice)
        if corrupted in (content, unchanged(content)):  # nothing of this kind in the file, or a change to the same
            continue
        path.write_bytes(corrupted)
        with pytest.raises(DataError, match=SUMS):  # as committed
            hold_to_hash(path)
        HELD["tried"] += 1
        found = outcome(path, about, wanted)  # with its hash renewed
        COUNTS[kind][found] += 1
        if kind == "a row lost" and "rows" not in about:
            UNCOUNTED[path.name] += found == UNSEEN


def measured(about):
    """Return the columns of a raw file whose units can slip: numbers that measure something."""
    return [name for name, rule in about["columns"].items() if rule["type"] in ("number", "integer") and not rule.get("identifier")]


@pytest.mark.parametrize("name", [name for name, about in TABLES.items() if measured(about)])
def test_other_units_are_located_or_read_by_no_estimate(name, tmp_path):
    """The whole file, as its hash would be renewed: refused by its contract or on the way to a panel, or no estimate reads the column."""
    about = TABLES[name]
    if reason := missing(about):
        pytest.skip(reason)
    original = ROOT / locate(about)["file"]
    content, wanted, path = original.read_bytes(), ordered(read_raw(original, about), about), tmp_path / original.name
    dice = random.Random(f"{name} units")
    for number in range(max(EACH // len(CORRUPTIONS), 1) * len(UNITS)):
        kind = list(UNITS)[number % len(UNITS)]
        factor, rows_of = UNITS[kind]
        path.write_bytes(in_other_units(content, dice, measured(about), factor, rows_of))
        try:
            table = read_raw(path, about)
            specifications = reached(name, table)
        except DataError:
            COUNTS[kind][REFUSED] += 1
            continue
        same = ordered(table, about).equals(wanted)
        COUNTS[kind][SAME if same else UNSEEN if specifications else HARMLESS] += 1
        if specifications:
            columns = [column for column in measured(about) if not ordered(table, about)[column].equals(wanted[column])]
            UNSEEN_AT[kind][f"{path.name}: {', '.join(columns)}"] += 1


def test_no_column_in_other_units_reaches_an_estimate(record):
    """A whole column never does. A single cell may, where both sizes are plausible."""
    for kind in UNITS:
        counts, where = COUNTS[kind], ", ".join(f"{place} ({times})" for place, times in sorted(UNSEEN_AT[kind].items()))
        remark = f"reached an estimate: {where}" if where else ""
        record(
            IN_OTHER_UNITS,
            f"{kind}, hash renewed",
            counts.total(),
            counts[SAME],
            counts[REFUSED],
            counts[UNSEEN],
            harmless=counts[HARMLESS],
            remark=remark,
        )
    for kind in ("a column times 1,000", "a column divided by 1,000"):
        assert not UNSEEN_AT[kind], f"{kind}: {dict(UNSEEN_AT[kind])}"


def test_what_was_found(record):
    """Structure and text never go unseen, nor a row that is not there; only another value that the column may hold does."""
    for kind in CORRUPTIONS:
        counts = COUNTS[kind]
        remark = f"unseen in {', '.join(sorted(UNCOUNTED))}: measured anew, with as many rows as there are" if kind == "a row lost" else ""
        record(PART, f"{kind}, hash renewed", counts.total(), counts[SAME], counts[REFUSED], counts[UNSEEN], remark=remark)
    assert COUNTS["a row lost"][UNSEEN] == UNCOUNTED.total()
    for kind in ("a NUL byte", "another delimiter", "columns in another order", "rows in another order", "a row repeated"):
        assert COUNTS[kind][UNSEEN] == 0, kind
    record(PART, "any of these that changed a byte, hash as committed", HELD["tried"], refused=HELD["tried"])
