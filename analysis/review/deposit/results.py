"""Every table, figure and number of the text: the program that makes it, the file it is in, and its place in the paper."""

from __future__ import annotations

import re
from pathlib import Path

from analysis.core.catalogue import MODULES
from analysis.core.paths import FORMS, file_of

# Kind of product that a number is from → the function that makes it; the program, where a product has none of its own.
FUNCTIONS = {"facts": "count", "estimates": "estimate", "verdicts": "judge"}
PROGRAMS = {"verdicts": "analysis/core/gates.py"}
SHOWN = re.compile(r'#show-(?:table|figure)\("(\w+)"\)')


def line_of(root: Path, program: str, function: str) -> int | None:
    """Return the line on which a program defines a function; nothing where it does not."""
    lines = (root / program).read_text(encoding="utf-8").splitlines() if program else []
    return next((number for number, line in enumerate(lines, start=1) if line.startswith(f"def {function}(")), None)


def places(root: Path) -> dict[str, str]:
    """Return exhibit → 'file, line' of the text that shows it."""
    found = {}
    for path in sorted((root / "paper").rglob("*.typ")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            found |= {name: f"{path.relative_to(root).as_posix()}, line {number}" for name in SHOWN.findall(line)}
    return found


def exhibits(root: Path, graph: dict, numbers: dict[str, str], shown: dict[str, str]) -> list[dict]:
    """Return one row per exhibit: name, kind, number in the paper, title, evidence, program, function, line, files, place, absent."""
    rows = []
    for node in (node for node in graph["nodes"].values() if node["kind"] == "exhibit"):
        rows.append(
            {
                **{key: node[key] for key in ("name", "title", "evidence", "absent")},
                "kind": node["exhibit"],
                "number": numbers.get(node["name"], ""),
                "program": node["code"]["module"],
                "function": MODULES[node["exhibit"]][1],
                "line": line_of(root, node["code"]["module"], MODULES[node["exhibit"]][1]),
                "files": file_of(node["exhibit"], node["name"], form=f"{{{','.join(FORMS[node['exhibit']])}}}"),
                "place": shown.get(node["name"], "not in the paper; file only"),
            }
        )
    return sorted(rows, key=lambda row: (row["kind"] == "table", _order(row["number"]), row["name"]))


def _order(number: str) -> float:
    return int(number.rsplit(" ", 1)[1]) if number else float("inf")


def in_text(root: Path, graph: dict) -> list[dict]:
    """Return one row per number of the text: name, text, evidence, absent, program, function, line, made from, places, sentence."""
    nodes, rows = graph["nodes"], []
    for node in (node for node in nodes.values() if node["kind"] == "number"):
        source = nodes[node["from"][0]]
        program, function = source.get("code", {}).get("module", PROGRAMS.get(source["kind"], "")), FUNCTIONS.get(source["kind"], "")
        rows.append(
            {
                **{key: node[key] for key in ("name", "text", "evidence", "absent")},
                "program": program,
                "function": function,
                "line": line_of(root, program, function),
                "made_from": node["from"][0],
                "places": [f"{s['file']}, line {s['line']}" if s["line"] else s["file"] for s in node["sentences"]],
                # A note of an exhibit is long, and stands below the exhibit that it names.
                "sentence": next((s["text"] if s["line"] else s["text"].split(":")[0] for s in node["sentences"]), ""),
            }
        )
    return sorted(rows, key=lambda row: (row["places"][:1] or ["~"], row["name"]))
