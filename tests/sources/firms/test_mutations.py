"""A thousand corruptions of the miniature files (an eighth of them unless the slow ones are asked for): each is caught with its place, or provably changes nothing else.

A mutation is caught when the reader stops with the file (and row) in its message, or reports a finding with the file and
the row, column or key that was hurt. It is harmless when every canonical table is equal to what it was, or when the one
cell that was blanked is blank and nothing else differs.
"""

import random
import shutil
from pathlib import Path

import pandas as pd
import pytest

from analysis.core.errors import DataError
from analysis.core.rawfiles import files_of
from analysis.sources.firms.folder import read_folder
from tests.sources.firms.mutations import cells, lines, whole
from tests.sources.firms.mutations.company_facts import json_mutation
from tests.sources.firms.mutations.files import HERE, RAW, File

N, FEW, BLOCKS = 1000, 120, 4
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read(folder):
    found = read_folder(files_of(Path(folder)), RAW["adapters"], RAW["tables"])
    return found.tables, found.findings


# A row of these files is a record, and their headers are the map's names.
MUTATED = ("compustat", "cordip", "csmar", "sec_companyfacts", "sec_statements", "simfin", "template", "tushare")
BASE = {name: read(HERE / name) for name in MUTATED}
OPERATORS = [
    cells.text_in_number, cells.negative, cells.key_blank, cells.cell_blank, cells.future_year, cells.impossible_date,
    cells.other_date_style, cells.spaces, cells.thousands, cells.lost_zeros, cells.long_code, cells.bad_currency, cells.bad_switch,
    lines.duplicate, lines.near_duplicate, lines.lost_header, lines.short_row, lines.long_row, lines.two_headers, lines.shuffled,
    lines.turned_columns, whole.emptied, whole.broken_bytes, cells.no_such_firm, cells.backwards,
    whole.dates_as(lambda y, m, d: f"{y}年{int(m)}月{int(d)}日"), whole.dates_as(lambda y, m, d: f"{y}{m}{d}"),
    whole.dates_as(lambda y, m, d: f"{m}/{d}/{y}"), whole.dates_as(lambda y, m, d: f"{d}{MONTHS[int(m) - 1]}{y}"), whole.floats_as_codes,
    lines.capitals, lines.title_above, lines.blank_columns, whole.packed, whole.company, whole.another_unit,
]  # fmt: skip


def mutate(number, folder):
    """Apply mutation `number`; return its name, the file hurt and where."""
    chance = random.Random(number)
    while True:
        adapter = chance.choice(sorted(BASE))
        target = folder / adapter
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(HERE / adapter, target)
        path = chance.choice(files_of(target))
        if path.suffix == ".json":
            return adapter, f"json: {json_mutation(path, chance)}", path, {"file_only": True}
        operator = chance.choice(OPERATORS)
        where = operator(File(path, adapter), chance)
        if where is not None:
            return adapter, operator.__name__, path, where


def judge(adapter, path, where, target):
    """Return 'caught', 'harmless', or what is wrong."""
    tables, findings = BASE[adapter]
    try:
        now, found = read(target)
    except DataError as error:
        lines = [line for line in str(error).split("\n") if line.startswith(path.name) or path.name in line]
        placed = [line for line in lines if where.get("file_only") or f"row {where.get('row')}" in line or "row 1" in line]
        return "caught" if placed else f"stopped without its place: {error}"
    new = [f for f in found if f not in findings]
    for finding in new:
        here = path.name in finding.file
        place = finding.row in (where.get("row"), where.get("other")) or (finding.row is None and finding.column == where.get("column"))
        whole = finding.kind == "unread" or (finding.kind == "refused" and "no adapter" in finding.rule)
        if whole and here and (where.get("file_only") or f"row {where.get('row')}" in finding.rule or "row 1" in finding.rule):
            return "caught"
        named = where.get("by_id") == finding.value or (finding.value == "T999")
        at_key = where.get("file_only") or (finding.kind == "refused" and finding.row is None and here)
        if finding.kind in ("refused", "dropped", "blanked", "repaired", "absent") and here and (place or named or at_key):
            return "caught"
        if finding.kind == "repaired" and here and where.get("column") in str(finding.column).split("+"):
            return "caught"
        if finding.kind == "filtered" and here and finding.column == where.get("column"):
            return "caught"
    differences = {name: _difference(tables[name], now[name]) for name in tables}
    if all(difference is None for difference in differences.values()):
        return "harmless"
    if "only" in where and all(d is None or _one_blank(d, where["only"]) for d in differences.values()):
        return "harmless"
    return f"changed in silence: {differences}; findings {list(map(str, new))}"


def _difference(before, after):
    key = list(before.columns[:2]) if "year" in before.columns[:2] else [before.columns[0]]
    a, b = before.set_index(key).sort_index(), after.set_index(key).sort_index()
    if not a.index.equals(b.index):
        return "rows differ"
    try:
        pd.testing.assert_frame_equal(a, b, check_exact=False, rtol=1e-9)
    except AssertionError:
        return a, b
    return None


def _one_blank(difference, field):
    if isinstance(difference, str):
        return False
    a, b = difference
    changed = ~((a == b) | (a.isna() & b.isna())).fillna(False)
    cells = [(row, column) for column in a for row in a.index[changed[column]]]
    # A sum with a blank part is blank as well.
    return len({row for row, _ in cells}) == 1 and all(pd.isna(b.loc[row, column]) for row, column in cells)


def verdicts_of(numbers, folder):
    verdicts = {}
    for number in numbers:
        adapter, name, path, where = mutate(number, folder)
        verdicts[number] = (name, str(path.relative_to(folder)), where.get("column"), judge(adapter, path, where, folder / adapter))
    return verdicts


def check(verdicts):
    wrong = {number: told for number, told in verdicts.items() if told[3] not in ("caught", "harmless")}
    assert wrong == {}
    assert {told[3] for told in verdicts.values()} == {"caught", "harmless"}


@pytest.mark.parametrize("block", range(BLOCKS))
def test_mutations_are_caught_or_harmless(block, tmp_path):
    check(verdicts_of(range(block * FEW // BLOCKS, (block + 1) * FEW // BLOCKS), tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_mutation_is_caught_or_harmless(block, tmp_path):
    check(verdicts_of(range(block * N // BLOCKS, (block + 1) * N // BLOCKS), tmp_path))
