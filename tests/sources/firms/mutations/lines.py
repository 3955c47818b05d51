"""Mutations of a record, of the header, or of the order of records and columns."""

from tests.sources.firms.mutations.files import mapped, spelt, used_row


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
