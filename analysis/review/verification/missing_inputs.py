"""What rests on files that are not in the repository and not at hand: only that may be missing from a rerun."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from analysis.core import rawfiles
from analysis.core.catalogue import ROOT, modules
from analysis.core.comparisons import kind_of, parts
from analysis.core.config import products
from analysis.provenance.graph import sources_of
from analysis.validation._datasets import validation_folder

QUOTED = re.compile(r"\{(\w+)\}")  # a number in the title or note of an exhibit


@dataclass(frozen=True)
class MissingInputs:
    """What rests on absent files: exhibits, numbers, products, exhibits whose notes quote such numbers, and what is absent."""

    exhibits: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    notes: frozenset[str] = frozenset()
    files: tuple[str, ...] = field(default=())

    def names(self, key: str) -> frozenset[str]:
        """Return the names under `key` of paper/numbers.json that may be without a number."""
        return {"numbers": self.numbers, "values": self.numbers, "absent": self.products, "exhibits": self.notes}.get(key, frozenset())


def missing_inputs(study: dict, rerun: Path) -> MissingInputs:
    """Return what the run in folder `rerun` may lack: it says that data were absent, and they are not at hand here either."""
    files = [rerun / document.numbers_file for document in study["documents"].values()]
    said = any(json.loads(path.read_text(encoding="utf-8")).get("absent") for path in files if path.exists())
    absent = {f"raw:{name}": contract["title"] for name, contract in study["raw"].items() if said and _gone(contract)}
    validation = study["deposit"]["validation"]["files"]
    if any(not (validation_folder() / name).exists() for name in validation):
        absent |= {f"check:{name}": "data that check estimators" for name in modules("check") if name != "presets"}
    return _resting_on(study, absent)


def _gone(contract: dict) -> bool:
    return bool(contract.get("external")) and any(not (ROOT / path).exists() for path in rawfiles.locate(contract).values())


def _resting_on(study: dict, absent: dict[str, str]) -> MissingInputs:
    kinds = products(study)
    known: dict[str, bool] = {}

    def rests(node: str) -> bool:
        if node not in known:
            known[node] = node in absent
            kind, _, name = node.partition(":")
            known[node] = known[node] or (kind != "raw" and any(map(rests, sources_of(study, kinds, name, kind))))
        return known[node]

    touched = frozenset(name for name, kind in kinds.items() if rests(f"{kind}:{name}"))
    numbers = frozenset(name for name, number in study["numbers"].items() if number["from"] in touched)
    exhibits = frozenset(n for n in study["exhibits"] if touched & set(parts(study, kind_of(study["exhibits"], n), n)))
    notes = frozenset(n for n, about in study["exhibits"].items() if numbers & set(QUOTED.findall(json.dumps(about))))
    return MissingInputs(exhibits, numbers, touched, notes, tuple(dict.fromkeys(absent.values())))
