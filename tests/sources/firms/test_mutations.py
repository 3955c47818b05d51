"""A thousand corruptions of the miniature files (an eighth of them unless the slow ones are asked for): each is caught with its place, or provably changes nothing else.

A mutation is caught when the reader stops with the file (and row) in its message, or reports a finding with the file and
the row, column or key that was hurt. It is harmless when every canonical table is equal to what it was, or when the one
cell that was blanked is blank and nothing else differs.
"""

import csv
import gzip
import io
import json
import random
import re
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from analysis.core.errors import DataError
from analysis.core.rawfiles import files_of
from analysis.sources.firms.folder import read_folder
from tests.study import STUDY

HERE = Path(__file__).parent / "miniature"
RAW = STUDY["raw"]["firm_files"]
N, FEW, BLOCKS = 1000, 120, 4
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LABELS = {"csmar": 2}
DELIMITER = {".txt": {"csmar": "\t", "sec_statements": "\t", "cordip": "|"}, ".csv": {"simfin": ";"}}
ENCODING = {"FS_Comins.txt": "utf-16"}


def read(folder):
    found = read_folder(files_of(Path(folder)), RAW["adapters"], RAW["tables"])
    return found.tables, found.findings


# A row of these files is a record, and their headers are the map's names.
MUTATED = ("compustat", "cordip", "csmar", "sec_companyfacts", "sec_statements", "simfin", "template", "tushare")
BASE = {name: read(HERE / name) for name in MUTATED}


class File:
    """A delimited file as rows of cells; row 0 is the header."""

    def __init__(self, path, adapter):
        self.path, self.adapter = path, adapter
        self.delimiter = DELIMITER.get(path.suffix, {}).get(adapter, ",")
        self.encoding = ENCODING.get(path.name, "utf-8")
        text = path.read_text(encoding=self.encoding)
        self.rows = list(csv.reader(io.StringIO(text), delimiter=self.delimiter))
        self.first = 1 + LABELS.get(adapter, 0)

    def write(self):
        out = io.StringIO()
        csv.writer(out, delimiter=self.delimiter, lineterminator="\n").writerows(self.rows)
        self.path.write_text(out.getvalue(), encoding=self.encoding)

    def layout(self):
        held = set(self.rows[0])
        tables = [t for t in RAW["adapters"][_adapter(self.adapter)]["tables"].values() if not t.get("refuses")]
        fits = [t for t in tables if all(held & set(spelt(one, t)) for one in t["header_has"])]
        return max(fits, key=lambda t: len(t["header_has"]))


def _adapter(name):
    return "generic" if name == "template" else name


def spelt(wanted, layout):
    """The names in a header that stand for what a layout asks for."""
    names = wanted if isinstance(wanted, list) else [wanted]
    return [one for name in names for one in (name, *layout.get("also_called", {}).get(name, []))]


def mapped(file, kinds):
    """Columns of the file that fill canonical fields of some kinds: column → rule."""
    layout = file.layout()
    if "fills" not in layout:
        return {}
    rules = RAW["tables"][layout["fills"]]["columns"]
    found = {}
    for name, how in layout["columns"].items():
        for column in spelt(how.get("sum", how.get("from", "")), layout):
            if column in file.rows[0] and rules[name]["type"] in kinds:
                found[column] = rules[name] | {"field": name, "take": how.get("take"), "pad": how.get("pad")}
    return found


def used_row(file, chance):
    """A row that the map keeps; others are filtered and cannot matter."""
    header = file.rows[0]
    keep = file.layout().get("keep", {})
    good = []
    for i, row in enumerate(file.rows[file.first :], start=file.first):
        cells = dict(zip(header, row, strict=True))
        meets = all(
            c not in cells
            or ("in" in rule and cells[c] in map(str, rule["in"]))
            or ("ends" in rule and cells[c].replace("-", "").endswith(rule["ends"].replace("-", "")))
            or (rule.get("blank") and cells[c] == "")
            for c, rule in keep.items()
        )
        good += [i] if meets else []
    return chance.choice(good)


def hurt(file, chance, columns, make):
    """Change one cell; return (row number in the file, column)."""
    column = chance.choice(sorted(columns))
    row = used_row(file, chance)
    position = file.rows[0].index(column)
    old = file.rows[row][position]
    file.rows[row][position] = make(old)
    file.write()
    return {"row": row + 1, "column": column, "old": old, "id": file.rows[row]}


def text_in_number(file, chance):
    rules = mapped(file, ("number", "integer")) or ({"value": {}} if "value" in file.rows[0] else {})
    return hurt(file, chance, rules, lambda old: "abc" + old) if rules else None


def negative(file, chance):
    rules = {c: r for c, r in mapped(file, ("number",)).items() if r.get("minimum") == 0 or "above" in r}
    flip = "-" if file.adapter != "simfin" else ""
    if file.adapter == "simfin":
        rules = {c: r for c, r in rules.items() if r["field"] != "rd"}
        flip = "-"
    return hurt(file, chance, rules, lambda old: f"{flip}{old or 1}") if rules else None


def key_blank(file, chance):
    rules = {c: r for c, r in mapped(file, ("text", "integer", "date")).items() if r.get("required")}
    return hurt(file, chance, rules, lambda old: "") if rules else None


def cell_blank(file, chance):
    rules = {c: r for c, r in mapped(file, ("number",)).items() if not r.get("required")}
    done = hurt(file, chance, rules, lambda old: "") if rules else None
    return done | {"only": rules[done["column"]]["field"]} if done else None


def future_year(file, chance):
    rules = {c: r for c, r in mapped(file, ("integer",)).items() if r["field"] == "year"}
    return hurt(file, chance, rules, lambda old: "3021" + old[4:]) if rules else None


def impossible_date(file, chance):
    rules = mapped(file, ("date",)) | {c: r for c, r in mapped(file, ("integer",)).items() if r["take"] and file.adapter != "cordip"}
    rules = {c: r for c, r in rules.items() if c not in file.layout().get("keep", {})}
    done = hurt(file, chance, rules, lambda old: old[:4] + "-13-45") if rules else None
    return done


def other_date_style(file, chance):
    rules = mapped(file, ("date",)) | {c: r for c, r in mapped(file, ("integer",)).items() if r["take"]}
    return hurt(file, chance, rules, lambda old: old.replace("-", "/")) if rules else None


def spaces(file, chance):
    return hurt(file, chance, set(file.rows[0]), lambda old: f"  {old} ")


def thousands(file, chance):
    rules = mapped(file, ("number",))

    def grouped(old):
        try:
            return f"{float(old):,.6f}" if old else old
        except ValueError:
            return old

    return hurt(file, chance, rules, grouped) if rules else None


def lost_zeros(file, chance):
    rules = {c: r for c, r in mapped(file, ("text",)).items() if r["pad"]}
    return hurt(file, chance, rules, lambda old: old.lstrip("0") or "0") if rules else None


def long_code(file, chance):
    rules = {c: r for c, r in mapped(file, ("text",)).items() if r["pad"]}
    return hurt(file, chance, rules, lambda old: old + "123456789") if rules else None


def bad_currency(file, chance):
    rules = {c: r for c, r in mapped(file, ("text",)).items() if r["field"] == "currency"}
    return hurt(file, chance, rules, lambda old: "money") if rules else None


def bad_switch(file, chance):
    keep = {c for c, rule in file.layout().get("keep", {}).items() if rule.get("strict") and c in file.rows[0]}
    return hurt(file, chance, keep, lambda old: "Z9") if keep else None


def duplicate(file, chance):
    row = used_row(file, chance)
    file.rows.append(list(file.rows[row]))
    file.write()
    return {"row": len(file.rows)}


def near_duplicate(file, chance):
    rules = mapped(file, ("number",)) or ({"value": {}} if "value" in file.rows[0] else {})
    if not rules:
        return None
    row = used_row(file, chance)
    copy = list(file.rows[row])
    position = file.rows[0].index(chance.choice(sorted(rules)))
    copy[position] = str(float(copy[position] or 1) * 1.5 + 1)
    file.rows.append(copy)
    file.write()
    return {"row": len(file.rows), "other": row + 1}


def lost_header(file, chance):
    layout = file.layout()
    column = chance.choice(
        sorted(
            set(mapped(file, ("number", "text", "integer", "date")))
            | set(file.rows[0]) & {n for one in layout["header_has"] for n in spelt(one, layout)}
        )
    )
    file.rows[0][file.rows[0].index(column)] = column + "_x"
    file.write()
    return {"row": 1, "column": column, "file_only": True}


def short_row(file, chance):
    row = chance.randrange(file.first, len(file.rows))
    file.rows[row] = file.rows[row][:-1]
    file.write()
    return {"row": row + 1}


def long_row(file, chance):
    row = chance.randrange(file.first, len(file.rows))
    file.rows[row].append("9")
    file.write()
    return {"row": row + 1}


def two_headers(file, chance):
    file.rows[0][-1] = file.rows[0][0]
    file.write()
    return {"row": 1}


def shuffled(file, chance):
    body = file.rows[file.first :]
    chance.shuffle(body)
    file.rows[file.first :] = body
    file.write()
    return {}


def turned_columns(file, chance):
    order = list(range(len(file.rows[0])))
    chance.shuffle(order)
    file.rows = [[row[i] for i in order] for row in file.rows]
    file.write()
    return {}


def emptied(file, chance):
    file.path.write_bytes(b"")
    return {"file_only": True}


def broken_bytes(file, chance):
    data = bytearray(file.path.read_bytes())
    if file.encoding != "utf-8":
        return None
    position = chance.randrange(len(data) // 2, len(data))
    data[position:position] = b"\xff\xfe\xfa"
    file.path.write_bytes(bytes(data))
    return {"file_only": True}


def no_such_firm(file, chance):
    if "event_id" not in file.rows[0] and "project_id" not in file.rows[0]:
        return None
    return hurt(file, chance, {"firm_id"}, lambda old: "T999")


def backwards(file, chance):
    if "project_id" not in file.rows[0]:
        return None
    done = hurt(file, chance, {"last_unsold_date"}, lambda old: "2001-01-01")
    return done | {"by_id": file.rows[done["row"] - 1][0]}


def dates_as(written):
    """Write every date of a file in another style, as programs do when they save it."""

    def restyled(file, chance):
        columns = [i for i, name in enumerate(file.rows[0]) if name in mapped(file, ("date",)) or name in ("Accper", "EndDate", "datadate")]
        if not columns:
            return None
        for row in file.rows[file.first :]:
            for i in columns:
                if match := re.fullmatch(r"(\d{4})-?(\d{2})-?(\d{2})", row[i]):
                    row[i] = written(*match.groups())
        file.write()
        return {"file_only": True}

    restyled.__name__ = f"dates as {written('2018', '12', '31')}"
    return restyled


def floats_as_codes(file, chance):
    """Codes that became floating-point numbers, in every row."""
    columns = [i for i, name in enumerate(file.rows[0]) if mapped(file, ("text",)).get(name, {}).get("pad")]
    if not columns:
        return None
    for row in file.rows[file.first :]:
        for i in columns:
            row[i] = f"{int(row[i])}.0" if row[i].isdigit() else row[i]
    file.write()
    return {}


def capitals(file, chance):
    file.rows[0] = [name.upper() if chance.random() < 0.5 else f" {name} " for name in file.rows[0]]
    file.write()
    return {}


def title_above(file, chance):
    file.rows.insert(0, ["Export of 3 May", *[""] * (len(file.rows[0]) - 1)])
    file.write()
    return {}


def blank_columns(file, chance):
    file.rows = [[*row, "", ""] for row in file.rows]
    file.write()
    return {}


def packed(file, chance):
    """The file within an archive, under its own name."""
    data = file.path.read_bytes()
    if chance.random() < 0.5:
        file.path.with_name(file.path.name + ".gz").write_bytes(gzip.compress(data))
    else:
        if file.path.name in ("num.txt", "sub.txt"):
            return None  # the two belong together
        with zipfile.ZipFile(file.path.with_suffix(".zip"), "w") as archive:
            archive.writestr(file.path.name, data)
    file.path.unlink()
    return {}


def company(file, chance):
    """Files that lie beside others and hold nothing that is read."""
    for name in ("~$x.xlsx", "notes.txt", "FS_Combas[DES][csv].txt", "terms.pdf", "broken.xlsx", "empty.csv"):
        file.path.with_name(name).write_bytes(b"" if name.startswith("empty") else b"Some words\n")
    return {}


def another_unit(file, chance):
    """Money in units instead of million, in every row: a figure a million times too large."""
    if file.adapter != "template" or "assets" not in file.rows[0]:
        return None
    place = file.rows[0].index("assets")
    for row in file.rows[file.first :]:
        row[place] = str(float(row[place]) * 1e6) if row[place] else ""
    file.write()
    return {"file_only": True}


OPERATORS = [
    text_in_number, negative, key_blank, cell_blank, future_year, impossible_date, other_date_style, spaces, thousands, lost_zeros, long_code,
    bad_currency, bad_switch, duplicate, near_duplicate, lost_header, short_row, long_row, two_headers, shuffled, turned_columns, emptied,
    broken_bytes, no_such_firm, backwards,
    dates_as(lambda y, m, d: f"{y}年{int(m)}月{int(d)}日"), dates_as(lambda y, m, d: f"{y}{m}{d}"), dates_as(lambda y, m, d: f"{m}/{d}/{y}"),
    dates_as(lambda y, m, d: f"{d}{MONTHS[int(m) - 1]}{y}"), floats_as_codes, capitals, title_above, blank_columns, packed, company,
    another_unit,
]  # fmt: skip


def json_mutation(path, chance):
    content = json.loads(path.read_text(encoding="utf-8"))
    facts = content["facts"]["us-gaap"]
    tag = chance.choice(sorted(facts))
    yearly = [f for f in facts[tag]["units"]["USD"] if f["form"] == "10-K"]
    fact = chance.choice(yearly)
    kind = chance.choice(["text", "date", "cut", "order", "twice", "contradiction", "no value", "not a firm"])
    if kind == "text":
        fact["val"] = "many"
    elif kind == "date":
        fact["end"] = "2020-13-01"
    elif kind == "order":
        content["facts"]["us-gaap"] = dict(reversed(list(facts.items())))
    elif kind == "twice":
        facts[tag]["units"]["USD"].append(dict(fact))
    elif kind == "contradiction":
        facts[tag]["units"]["USD"].append(fact | {"val": fact["val"] + 7e6})
    elif kind == "no value":
        fact["val"] = None
    elif kind == "not a firm":
        del content["cik"]
    text = json.dumps(content, indent=1)
    path.write_text(text[: len(text) // 2] if kind == "cut" else text, encoding="utf-8")
    return kind


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
