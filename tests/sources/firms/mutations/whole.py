"""Mutations of a whole file: its bytes, its packing, what lies beside it, and how a program wrote every date, code or amount."""

import gzip
import re
import zipfile

from tests.sources.firms.mutations.files import mapped


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
