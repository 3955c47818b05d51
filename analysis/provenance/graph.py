"""The graph of everything that is printed and everything that it was made from.

A node is a raw file, a table, a specification, a data-generating process, a claim, a number or an exhibit; `from` names the
nodes one step back.
The chain of a number is what can be reached from it. Nothing here holds a time or a place, so that the same inputs and
code give the same bytes on any machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.core import rawfiles
from analysis.core.catalogue import ROOT, ingredients, program_files
from analysis.core.claim_tests import specifications_of, tests_of
from analysis.core.comparisons import kind_of, parts
from analysis.core.config import JOINT, claims_tested, products
from analysis.core.documents import STUDY, Document
from analysis.core.estimates import find
from analysis.core.nearest import nearest_readings
from analysis.core.paths import exhibit_files
from analysis.core.storage import read_table
from analysis.provenance.cells import cells, models
from analysis.provenance.files import code_version, fingerprint, marks
from analysis.provenance.programs import program_of
from analysis.specification_curve.names import ALL

# Forms of an exhibit whose bytes a reader may check; TeX and HTML are made from the same cells.
TRACED = ("pdf", "png", "csv", "json")


def graph(study: dict, document: Document, files: dict[str, list[str]], numbers: dict, raw: dict[str, list[dict]]) -> dict:
    """Return the provenance of a document: nodes by identifier, all estimate rows, the curves and the version of the code.

    `files` maps each product of `made_from` to its files, `numbers` is what the document prints, `raw` maps each raw contract to the
    fingerprints of its files (analysis.provenance.files). Identifiers are '<kind>:<name>'. Where the text prints a number is added by
    whoever shows it (analysis.provenance.sentences), so that a changed sentence needs no new graph.
    """
    kinds = products(study)
    estimates = _estimates(study, files)
    nodes = dict(_raw_nodes(study, raw))
    for name in files:
        nodes[f"{kinds[name]}:{name}"] = _product(study, kinds, name, kinds[name], files[name])
    if "montecarlo" in files:
        nodes |= {f"data_generating_process:{name}": _process(study, name, process) for name, process in study["montecarlo"].items()}
    if "verdicts" in files:
        verdicts = read_table(files["verdicts"][0])
        readings = nearest_readings(verdicts, study["claims"]).set_index("claim")
        nodes |= {f"claim:{name}": _claim(name, claim, verdicts, readings) for name, claim in study["claims"].items()}
    nodes |= _exhibits(study, document, kinds, numbers, estimates)
    nodes |= _numbers(study, document, kinds, numbers, estimates)
    return {
        "code": code_version(program_files()),
        "nodes": nodes,
        "estimates": estimates.to_dict("records"),
        "curves": _curves({name: curve for name, curve in study["specification_curves"].items() if name in files}, files),
        "labels": {name: f"{about['label']} ({about['unit']})" for name, about in study["outcomes"].items()},
    }


def chain(graph_: dict, start: str) -> list[tuple[int, str]]:
    """Return (depth, identifier) of everything that node `start` was made from, itself first.

    A node that several others are made from comes below each of them, with what it is made from only the first time.
    """
    found, seen = [], set()

    def visit(name: str, depth: int) -> None:
        if name not in graph_["nodes"]:
            return
        found.append((depth, name))
        if name in seen:
            return
        seen.add(name)
        for source in graph_["nodes"][name]["from"]:
            visit(source, depth + 1)

    visit(start, 0)
    return found


def _estimates(study: dict, files: dict[str, list[str]]) -> pd.DataFrame:
    named = [(f"estimates:{name}", path) for name in study["specifications"] if name in files for path in files[name]]
    if not named:
        return pd.DataFrame(columns=["specification"])
    # All as one Arrow table: hundreds of small ones would each be turned into a table of pandas.
    parts = [pq.read_table(path, use_threads=False, pre_buffer=False) for _, path in named]
    found = pa.concat_tables(parts, promote_options="permissive").to_pandas(use_threads=False)
    found["specification"] = np.repeat([name for name, _ in named], [part.num_rows for part in parts])
    return found.astype(object).where(lambda t: t.notna(), None)


def _raw_nodes(study: dict, raw: dict[str, list[dict]]) -> Iterator[tuple[str, dict]]:
    for name, contract in study["raw"].items():
        yield (
            f"raw:{name}",
            {
                "kind": "raw",
                "name": name,
                "title": contract["title"],
                "evidence": "simulated" if rawfiles.is_simulated(contract) else "real",
                "absent": rawfiles.missing(contract),
                "from": [],
                "files": raw[name],
                **{key: contract.get(key, "") for key in ("citation", "licence", "accessed")},
            },
        )


def _product(study: dict, kinds: dict, name: str, kind: str, paths: list[str]) -> dict:
    node: dict = {"kind": kind, "name": name, "title": name, "from": sources_of(study, kinds, name, kind), "evidence": "", "absent": ""}
    found = [marks(ROOT / path) for path in paths if path.endswith(".parquet")]
    if found:
        node |= {"rows": sum(m["rows"] for m in found), "columns": found[0]["columns"], "absent": found[0]["absent"]}
        node["evidence"] = "simulated" if any(m["evidence"] == "simulated" for m in found) else found[0]["evidence"]
    elif kind == "facts":
        content = json.loads((ROOT / paths[0]).read_text(encoding="utf-8"))
        node |= {"evidence": content["evidence"], "absent": content["absent"]}
    if name in study["contracts"]:
        node["title"] = study["contracts"][name]["title"]
    node["code"] = program_of(study, kind, name)
    if kind == "estimates":
        node |= {"title": study["specifications"][name]["title"], "settings": study["specifications"][name]}
    if kind == "curve":
        node |= {"title": study["specification_curves"][name]["title"], "settings": study["specification_curves"][name]}
    return node


def sources_of(study: dict, kinds: dict, name: str, kind: str) -> list[str]:
    """Return the identifiers of what a product is made from, one step back."""
    if kind == "source":
        return [f"raw:{raw}" for raw in ingredients("source", name)]
    if kind in ("panel", "facts", "check"):
        return [f"{kinds[item]}:{item}" for item in parts(study, kind, name) if item in kinds]
    if kind in ("estimates", "curve"):
        panel = study["specifications" if kind == "estimates" else "specification_curves"][name]["panel"]
        return [f"{kinds[panel]}:{panel}"]
    if kind == "curve_joint":
        return [f"curve:{curve}" for curve in study["specification_curves"] if JOINT.format(curve) == name]
    if kind == "montecarlo":
        return [f"data_generating_process:{process}" for process in study["montecarlo"]]
    if name == "verdicts":
        return sorted({source for claim in claims_tested(study).values() for source in _tested(claim)})
    if name == "recoveries":
        return [*sorted({f"estimates:{t['from']}" for c in study["claims"].values() for t in c.get("firms", [])}), "source:true_effects"]
    return []


def made_from(study: dict, document: Document) -> list[str]:
    """Return the products that a document is made from, in the order of the configuration.

    Another document's are those behind its exhibits and numbers; the study's own are all but checks of methods, simulated firms and
    what is computed from these.
    """
    kinds = products(study)
    if document.name != STUDY:
        shown = {i for name in document.exhibits for i in parts(study, kind_of(study["exhibits"], name), name) if i in kinds}
        behind = _behind(study, kinds, shown | {study["numbers"][name]["from"] for name in document.numbers})
        return sorted(behind, key=list(kinds).index)
    checks = {name for name, kind in kinds.items() if kind in ("check", "montecarlo")}
    simulated = {f"raw:{name}" for name, contract in study["raw"].items() if rawfiles.is_simulated(contract)}
    firms = {name for name, kind in kinds.items() if kind == "source" and simulated & set(sources_of(study, kinds, name, kind))}
    left = [name for name in kinds if (checks | firms) & _behind(study, kinds, {name})]
    return [name for name in kinds if name not in left]


def _behind(study: dict, kinds: dict, names: set[str]) -> set[str]:
    """Return the products `names` and all that they are made from."""
    found, queue = set(), list(names)
    while queue:
        name = queue.pop()
        if name in kinds and name not in found:
            found.add(name)
            queue += [source.partition(":")[2] for source in sources_of(study, kinds, name, kinds[name])]
    return found


def _process(study: dict, name: str, process: dict) -> dict:
    """Return the node of a data-generating process of config/montecarlo.yaml: where a chain of simulations begins."""
    settings = {key: value for key, value in process.items() if key not in ("title", "methods")}
    settings["methods"] = list(process["methods"])
    about = {"kind": "data_generating_process", "name": name, "title": process["title"], "from": [], "evidence": "simulated", "absent": ""}
    return {**about, "settings": settings, "code": program_of(study, "data_generating_process", name)}


def _tested(claim: dict) -> list[str]:
    return [f"estimates:{name}" for name in specifications_of(claim)]


def _claim(name: str, claim: dict, verdicts: pd.DataFrame, readings: pd.DataFrame) -> dict:
    own = verdicts[verdicts["claim"] == name].astype(object).where(lambda t: t.notna(), None).to_dict("records")
    return {
        "kind": "claim",
        "name": name,
        "title": claim["claim"],
        "evidence": own[0]["evidence"],
        "absent": "",
        "from": _tested(claim),
        "claim": claim["claim"],
        "claim_kind": claim["kind"],
        "section": claim["section"],
        "estimand": claim["estimand"],
        "missing": claim.get("missing", []),
        "verdict": own[0]["verdict"],
        "code_": own[0]["code"] or "",
        "explanation": own[0]["explanation"] or "",
        "nearest": own[0]["nearest"],
        # A recommendation has no reading.
        "nearest_reads": readings["reading"].get(name, ""),
        "nearest_distance": readings["distance"].get(name, ""),
        "nearest_few": bool(readings["few"].get(name, False)),
        "tests": own[1:],
    }


def _exhibits(study: dict, document: Document, kinds: dict, numbers: dict, estimates: pd.DataFrame) -> dict:
    nodes, by_model = {}, models(estimates)
    for name in document.exhibits:
        kind = kind_of(study["exhibits"], name)
        made = [ROOT / path for form, path in exhibit_files(kind, name).items() if form in TRACED]
        sources = [f"{kinds[item]}:{item}" for item in parts(study, kind, name) if item in kinds]
        data = next(path for path in made if path.suffix == ".csv")
        nodes[f"exhibit:{name}"] = {
            "kind": "exhibit",
            "name": name,
            "title": numbers["exhibits"][name]["title"],
            "evidence": "simulated" if "SIMULATED" in data.read_text(encoding="utf-8")[:4000] else "real",
            "absent": " ".join(dict.fromkeys(numbers["absent"][item] for item in parts(study, kind, name) if item in numbers["absent"])),
            "exhibit": kind,
            "from": sources,
            "files": [fingerprint(path, path.relative_to(ROOT).as_posix()) for path in made],
            "code": program_of(study, kind, name),
            "cells": cells(data, estimates, by_model, sources),
        }
    return nodes


def _numbers(study: dict, document: Document, kinds: dict, numbers: dict, estimates: pd.DataFrame) -> dict:
    nodes = {}
    for name in document.numbers:
        number = study["numbers"][name]
        source = f"{kinds[number['from']]}:{number['from']}"
        node = {
            "kind": "number",
            "name": name,
            "title": number.get("says", ""),
            "evidence": "",
            "absent": numbers["absent"].get(number["from"], ""),
            "text": numbers["numbers"][name],
            "value": numbers["values"][name],
            "claims": [],
            "from": [source],
        }
        if kinds[number["from"]] == "estimates" and not node["absent"]:
            own = estimates[estimates["specification"] == source]
            row = find(own, number, f"config/numbers.yaml: {name}")
            node |= {"row": row.to_dict(), "value_of": number.get("value", "estimate"), "evidence": row["evidence"]}
            node["estimate"] = int(row.name)
            node["label"] = study["outcomes"].get(row["outcome"], {}).get("label", "")
            node["claims"] = [claim for claim, about in study["claims"].items() if _rests_on(about, number["from"], row)]
        elif "key" in number:
            node["value_of"] = number["key"]
        nodes[f"number:{name}"] = node
    return nodes


def _rests_on(claim: dict, model: str, row: pd.Series) -> bool:
    """Return whether a claim's verdict names the model and outcome of an estimate."""
    return any(test["from"] == model and test.get("outcome", row["outcome"]) == row["outcome"] for test in tests_of(claim))


def _curves(curves: dict, files: dict[str, list[str]]) -> dict:
    """Return the curves with one row per specification; numbers keep six digits, which no picture can tell from more."""
    left_out = ("number", "curve", "ci90_low", "ci90_high", "std_error")
    found = {}
    for name, curve in curves.items():
        table, joint = read_table(files[name][0]), read_table(files[JOINT.format(name)][0])
        if joint.empty:
            continue
        columns = [column for column in table if column not in left_out]
        rows = [
            [float(f"{v:.6g}") if isinstance(v, float) else v for v in row] for row in table[columns].astype(object).itertuples(index=False)
        ]
        about = joint.set_index("subset").loc[ALL].astype(object).where(lambda r: r.notna(), None).to_dict()
        found[name] = {
            **about,
            "outcome": curve["title"],
            "evidence": table.attrs["evidence"],
            "reading": about["main_reading"],
            "joint_p": about["p_median"],
            "columns": columns,
            "rows": rows,
        }
    return found
