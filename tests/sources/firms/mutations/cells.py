"""Mutations of one cell: each changes the file and returns where, or None where the file has no such cell."""

from tests.sources.firms.mutations.files import hurt, mapped


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


def no_such_firm(file, chance):
    if "event_id" not in file.rows[0] and "project_id" not in file.rows[0]:
        return None
    return hurt(file, chance, {"firm_id"}, lambda old: "T999")


def backwards(file, chance):
    if "project_id" not in file.rows[0]:
        return None
    done = hurt(file, chance, {"last_unsold_date"}, lambda old: "2001-01-01")
    return done | {"by_id": file.rows[done["row"] - 1][0]}
