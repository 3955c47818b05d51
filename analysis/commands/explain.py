"""Print where a number, cell, figure, table or claim comes from: sentence, claim, estimate, specification, panel, tables, raw files, code.

QUERY is a name (`rd_att`, `province_effects`, `D1`, `number:rd_att`), a printed cell (`province_effects:1:estimate`: row and
column of the exhibit's CSV), a place in the paper (`Table 1`), a number as printed (`0.31`), or words ("R&D effect, provinces");
what fits several things lists the others.
"""

from __future__ import annotations

import argparse
import csv
import difflib
import math
import re
import sys
from collections import Counter

from analysis.core.catalogue import ROOT
from analysis.core.claims import SHOWN
from analysis.core.config import load
from analysis.core.errors import UnknownName
from analysis.provenance.archive import provenance
from analysis.provenance.graph import chain
from analysis.provenance.printed import printed_numbers
from analysis.provenance.stale import changed

# Which kind answers first when words fit several things equally well.
ORDER = ("number", "claim", "exhibit", "estimates", "curve", "facts", "panel", "source", "raw")
OTHERS = 5
PLACE = re.compile(r"(figure|table)\s+(S?)(\d+)", re.IGNORECASE)  # as the paper prints it
NAMED = re.compile(r"(\w+):\S+")
ROW = ("estimate", "std_error", "ci_low", "ci_high", "p_value", "n_obs", "n_units", "n_treated", "n_clusters", "draws")


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", nargs="+", metavar="QUERY", help="a name, a cell or words")


def run(chosen: argparse.Namespace) -> int:
    found = provenance(ROOT, load())
    query = " ".join(chosen.query)
    cell = cell_of(found, query)
    names = [cell[0]] if cell else search(found, query)
    if stale := changed(found, names[0], ROOT):
        more = f" and {len(stale) - 1} more" if stale[1:] else ""
        print(f"warning: {stale[0]}{more} changed since the run explained here: run `make`", file=sys.stderr)
    print("\n".join([*(_cell_lines(found, *cell) if cell else []), *lines(found, names[0])]))
    if found["nodes"][names[0]].get("text") == _signed(query) and names[1:]:
        print(f"\nAlso printed as '{query}': {', '.join(names[1:])}")
    elif others := names[1 : 1 + OTHERS]:
        print(f"\nAlso near '{query}': {', '.join(others)}")
    return 0


def cell_of(archived: dict, query: str) -> tuple[str, int, str] | None:
    """Return (exhibit, row, column) of a query 'exhibit:row:column', checked; nothing for another query."""
    exhibit, _, place = query.removeprefix("exhibit:").partition(":")
    row, _, column = place.partition(":")
    node = archived["nodes"].get(f"exhibit:{exhibit}")
    if node is None or not row.isdigit() or not column:
        return None
    cells = {(at, name) for at, name, *_ in node["cells"]}
    if (int(row), column) not in cells:
        raise UnknownName(f"{query}: {_no_cell(node, int(row), column, cells)}")
    return f"exhibit:{exhibit}", int(row), column


def _no_cell(node: dict, row: int, column: str, cells: set[tuple[int, str]]) -> str:
    """Return why a place of an exhibit's CSV has no estimate: no such row, no such column, or another thing than an estimate."""
    path = next(file["path"] for file in node["files"] if file["path"].endswith(".csv"))
    header, *rows = list(csv.reader((ROOT / path).open(encoding="utf-8", newline=""))) or [[]]
    if not 1 <= row <= len(rows):
        return f"{path} has no row {row}; rows are 1 to {len(rows)}, the first one below the header"
    if column not in header:
        near = difflib.get_close_matches(column, header, n=1)
        return f"{path} has no column '{column}'; " + (f"did you mean '{near[0]}'?" if near else f"columns: {', '.join(header)}")
    beside = sorted(name for at, name in cells if at == row)
    if not rows[row - 1][header.index(column)]:
        return "that cell is empty"
    hint = f"; in this row these are: {', '.join(beside)}" if beside else ""
    return f"that cell is not a number of one estimate{hint}. The chain of the whole: explain exhibit:{node['name']}"


def search(archived: dict, query: str) -> list[str]:
    """Return identifiers of the nodes that a query names or that fit its words, best first; raise UnknownName when none does."""
    nodes = archived["nodes"]
    exact = [name for name in nodes if query in (name, nodes[name]["name"])]
    if exact:
        return sorted(exact, key=lambda name: ORDER.index(nodes[name]["kind"]) if nodes[name]["kind"] in ORDER else len(ORDER))
    if place := PLACE.fullmatch(query):
        return [_numbered(nodes, place)]
    if named := NAMED.fullmatch(query):
        known = [name for name in nodes if nodes[name]["kind"] == named[1]] or list(nodes)
        raise UnknownName(f"explain: there is no '{query}'; the nearest is {difflib.get_close_matches(query, known, n=1, cutoff=0)[0]}")
    if printed := [name for name in nodes if nodes[name].get("text") == _signed(query)]:
        return printed
    texts = {name: _texts(node) for name, node in nodes.items() if node["kind"] in ORDER}
    common = Counter(word for strong, weak in texts.values() for word in strong | weak)
    wanted = _words(query)
    scores = {}
    for name, (strong, weak) in texts.items():
        # A rare word says more than a common one, a word of the title more than one of the sentence around.
        weights = [math.log(1 + len(texts) / common[word]) * (2 if word in strong else 1) for word in wanted & (strong | weak)]
        scores[name] = sum(weights) * _leading(nodes[name])
    best = sorted((name for name in scores if scores[name] > 0), key=lambda n: (-round(scores[n], 3), ORDER.index(nodes[n]["kind"]), n))
    if not best:
        near = difflib.get_close_matches(query, [node["name"] for node in nodes.values()], n=3)
        raise UnknownName(f"explain: nothing is called or said to be '{query}'" + (f"; near: {', '.join(near)}" if near else ""))
    return best


def _numbered(nodes: dict, place: re.Match) -> str:
    """Return the exhibit that the paper prints under a number, as 'Table 1'."""
    wanted = f"{place[1].title()} {place[2].upper()}{int(place[3])}"
    shown = {number: f"exhibit:{name}" for name, number in printed_numbers(ROOT, load()["documents"].values()).items()}
    if shown.get(wanted) not in nodes:
        series = re.compile(rf"{place[1].title()} {place[2].upper()}(\d+)")
        last = max((int(match[1]) for number in shown if (match := series.fullmatch(number))), default=0)
        raise UnknownName(f"explain: the paper has no {wanted}; its last one is {place[1].title()} {place[2].upper()}{last}")
    return shown[wanted]


def _signed(query: str) -> str:
    """Return a typed number with the minus sign of the paper."""
    return query.replace("-", "\u2212")


def _leading(node: dict) -> float:
    """Return a factor above one for what a reader most likely means: the estimate that a claim rests on."""
    return (1.25 if node.get("claims") else 1.0) * (1.1 if node.get("value_of") == "estimate" else 1.0)


def _texts(node: dict) -> tuple[set[str], set[str]]:
    """Return the words of a node's name and titles, and those of what is said around it."""
    strong = f"{node['name'].replace('_', ' ')} {node['title']} {node.get('label', '')}"
    weak = " ".join([*(place["text"] for place in node.get("sentences", [])), *node["from"]]).replace("_", " ").replace(":", " ")
    if "row" in node:
        strong += " effect" if node["row"]["term"] == "att" else ""
        weak += f" {node['row']['estimand']}"
    return _words(strong), _words(weak)


def _words(text: str) -> set[str]:
    """Return the words of a text without plural s, in lower case."""
    return {word.rstrip("s") for word in re.findall(r"[a-z0-9&]+", text.lower()) if len(word) > 1}


def lines(archived: dict, start: str) -> list[str]:
    """Return the chain of node `start` as lines of text."""
    return [
        *_chain(archived, start),
        f"code of the study: {archived['code']['files']} files, SHA-256 {archived['code']['sha256'][:16]}",
    ]


def _chain(archived: dict, start: str, depth: int = 0) -> list[str]:
    """Return the chain as lines, indented; a node that was printed already is one line that says so."""
    printed, seen = [], set()
    for below, name in chain(archived, start):
        indent, node = "  " * (depth + below), archived["nodes"][name]
        printed += [f"{indent}{_mark(node)}{node['kind']} {node['name']} (above)"] if name in seen else _node(archived, name, indent)
        seen.add(name)
    return printed


def _node(archived: dict, name: str, indent: str) -> list[str]:
    node = archived["nodes"][name]
    size = f" ({node['rows']:,} rows)" if node.get("rows") is not None else ""
    title = f": {node['title']}" if node["title"] and node["title"] != node["name"] else ""
    printed = [f"{indent}{_mark(node)}{node['kind']} {node['name']}{size}{title}"]
    more = [*_details(archived, node)]
    if node.get("code"):
        more.append(
            f"code {node['code']['module']} and what it imports ({node['code']['files']} files), SHA-256 {node['code']['sha256'][:16]}"
        )
    if node.get("absent"):
        more.append(f"absent: {node['absent']}")
    return printed + [f"{indent}    {line}" for line in more]


def _mark(node: dict) -> str:
    return "SIMULATED " if node["evidence"] == "simulated" else ""


def _details(archived: dict, node: dict) -> list[str]:
    more = []
    if node["kind"] == "number":
        more.append(f"printed as {node['text']} ({node.get('value_of', '')} {node['value']})")
        more += [f'{place["file"]}{_line(place)}: "{place["text"]}"' for place in node["sentences"]]
        more += [f"claim {claim}: {archived['nodes'][f'claim:{claim}']['claim']}" for claim in node["claims"]]
        if "row" in node:
            more.append("estimate row " + _row(node["row"]))
    if node["kind"] == "claim":
        more.append(f"verdict: {node['verdict']}{node['code_'] and ' (' + node['code_'] + ')'}: {node['explanation']}")
        more += [f"{test['says']}: {_reading(test)}" for test in node["tests"]]
    if node["kind"] in ("estimates", "data_generating_process"):
        more += [f"{key}: {value}" for key, value in node["settings"].items() if value not in ("", [], {}) and key != "title"]
    if node["kind"] in ("raw", "exhibit"):
        for file in node["files"]:
            rows = f", {file['rows']:,} rows" if "rows" in file else ""
            more.append(f"{file['path']}{rows}, SHA-256 {file['sha256']}")
    if node.get("citation"):
        more.append(f"{node['citation'].rstrip('.')}. {node['licence'].rstrip('.')}. Read {node['accessed']}.")
    return more


def _reading(test: dict) -> str:
    """Return what a test says, gates first, as the scorecard prints it."""
    if test["code"] == SHOWN:
        return test["explanation"]
    reading = f"{test['verdict']} ({test['code']})"
    return (
        reading if test["verdict_before_gates"] in (None, "", reading) else f"{reading}; the interval alone: {test['verdict_before_gates']}"
    )


def _line(place: dict) -> str:
    return f", line {place['line']}" if place["line"] else ""


def _row(row: dict) -> str:
    shown = ", ".join(f"{key} {row[key]:.6g}" for key in ROW if row.get(key) is not None)
    return f"{row['model_id']} / {row['outcome']} / {row['parameter']}: {shown}"


def _cell_lines(archived: dict, name: str, row: int, column: str) -> list[str]:
    place, of = next((at, field) for r, c, at, field in archived["nodes"][name]["cells"] if (r, c) == (row, column))
    estimate = archived["estimates"][place]
    printed = [f"row {row}, column {column}: {of} of {_row(estimate)}"]
    return [
        *printed,
        *_chain(archived, estimate["specification"], depth=1),
        "",
    ]
