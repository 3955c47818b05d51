"""Mutations of the SEC's company facts, which are JSON."""

import json


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
