"""The miniature files as rows of cells, and which of their cells the maps read."""

import csv
import io
from pathlib import Path

from tests.study import STUDY

HERE = Path(__file__).parents[1] / "miniature"
RAW = STUDY["raw"]["firm_files"]
LABELS = {"csmar": 2}
DELIMITER = {".txt": {"csmar": "\t", "sec_statements": "\t", "cordip": "|"}, ".csv": {"simfin": ";"}}
ENCODING = {"FS_Comins.txt": "utf-16"}


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
