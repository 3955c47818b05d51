"""What a machine can check of a deposit. Each check returns what is wrong, one line per problem: place, value, rule."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import yaml

from analysis.core.comparisons import kind_of
from analysis.core.paths import exhibit_files
from analysis.provenance.files import code_version, sha256
from analysis.review.deposit.files import MANIFEST, UNLISTED, held, manifest
from analysis.review.verification.rerun import RESULT_FILES

CITATION_FIELDS = ("cff-version", "message", "title", "authors")
DATACITE_FIELDS = ("identifiers", "creators", "titles", "publisher", "publicationYear", "types")
NUMBER = re.compile(r"^\s*-?\d+(?:\.\d+)?\s*$")
JEL = re.compile(r"^[A-Z]\d{2}$")
# The headings of the template README, in their order.
HEADINGS = (
    "Overview", "Data Availability and Provenance Statements", "Statement about Rights", "License for Data", "Summary of Availability",
    "Details on each Data Source", "Dataset list", "Computational requirements", "Software Requirements", "Controlled Randomness",
    "Memory, Runtime, Storage Requirements", "Description of programs/code", "License for Code", "Instructions to Replicators",
    "List of tables, figures, in-text numbers and programs", "References", "Acknowledgements",
)  # fmt: skip
STEPS = 5  # most that a person may have to do by hand


@dataclass(frozen=True)
class Deposit:
    """What is checked: the folder, the study's configuration, and the provenance of its results."""

    out: Path
    study: dict
    graph: dict

    @property
    def rules(self) -> dict:
        return self.study["deposit"]["checks"]

    def read(self, path: str) -> str:
        return (self.out / path).read_text(encoding="utf-8", errors="replace")


def no_empty_files(deposit: Deposit) -> Iterator[str]:
    """No file is empty, except the marks of Python packages."""
    for path in held(deposit.out):
        if not (deposit.out / path).stat().st_size and Path(path).name not in deposit.rules["empty_allowed"]:
            yield f"{path}: is empty"


def no_duplicates(deposit: Deposit) -> Iterator[str]:
    """No two files have the same bytes."""
    first: dict[str, str] = {}
    for path in held(deposit.out):
        if (deposit.out / path).stat().st_size:
            digest = sha256(deposit.out / path)
            if digest in first:
                yield f"{path}: same bytes as {first[digest]}"
            first.setdefault(digest, path)


def no_archives(deposit: Deposit) -> Iterator[str]:
    """No archive is inside the deposit."""
    for path in held(deposit.out):
        if path.lower().endswith(tuple(deposit.rules["archives"])):
            yield f"{path}: is an archive; a deposit holds its files unpacked"


def no_machine_paths(deposit: Deposit) -> Iterator[str]:
    """No file names a path of the machine on which it was made."""
    patterns = [re.compile(pattern) for pattern in deposit.rules["machine_paths"]]
    for path in held(deposit.out):
        for number, line in enumerate(deposit.read(path).splitlines(), start=1):
            for match in (match for pattern in patterns for match in pattern.finditer(line)):
                yield f"{path}, line {number}: {match[0]} is a path of one machine"


def no_personal_data(deposit: Deposit) -> Iterator[str]:
    """No data file has a pattern or a column of personal data."""
    patterns = {what: re.compile(pattern) for what, pattern in deposit.rules["personal"].items()}
    for path in sorted({path for glob in deposit.rules["personal_in"] for path in deposit.out.glob(glob)}):
        shown = path.relative_to(deposit.out).as_posix()
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream))
        for column in rows[0] if rows else []:
            if re.sub(r"[^a-z]+", "_", column.lower()).strip("_") in deposit.rules["personal_columns"]:
                yield f"{shown}: column '{column}' is one of personal data"
        for place, column in enumerate(rows[0] if rows else []):
            cells = [row[place] if place < len(row) else "" for row in rows[1:]]
            yield from (f"{shown}, {found}" for what, pattern in patterns.items() for found in _personal(column, cells, what, pattern))


def _personal(column: str, cells: list[str], what: str, pattern: re.Pattern) -> Iterator[str]:
    """Yield cells that match; a cell that is a mere number only when all numbers of its column match, as no quantity does."""
    numbers = [cell for cell in cells if NUMBER.match(cell)]
    all_match = all(pattern.search(cell) for cell in numbers)
    for row, cell in enumerate(cells, start=1):
        if (match := pattern.search(cell)) and (all_match or not NUMBER.match(cell)):
            yield f"row {row}, column {column}: '{match[0]}' looks like: {what}"


def manifest_matches(deposit: Deposit) -> Iterator[str]:
    """The manifest lists every file with its size and hash, and no other."""
    listed, there = manifest(deposit.out), set(held(deposit.out)) - set(UNLISTED)
    yield from (f"{path}: in {MANIFEST}, not in the deposit" for path in sorted(set(listed) - there))
    yield from (f"{path}: in the deposit, not in {MANIFEST}" for path in sorted(there - set(listed)))
    for path in sorted(there & set(listed)):
        if listed[path] != ((deposit.out / path).stat().st_size, sha256(deposit.out / path)):
            yield f"{path}: size or SHA-256 is not that of {MANIFEST}"


def raw_data_unchanged(deposit: Deposit) -> Iterator[str]:
    """Raw files are those whose hashes stand beside them."""
    for sums in sorted(deposit.out.glob("data/raw/**/SHA256SUMS")):
        for line in sums.read_text(encoding="utf-8").splitlines():
            digest, name = line.split(maxsplit=1)
            path = sums.parent / name.lstrip("*")
            if not path.exists() or sha256(path) != digest:
                yield f"{path.relative_to(deposit.out).as_posix()}: is missing or is not the file of {sums.parent.name}/SHA256SUMS"


def data_described(deposit: Deposit) -> Iterator[str]:
    """Every source says its origin, licence and date; what is not provided says how to get it; what is listed is there."""
    provided = set(held(deposit.out))
    for name, contract in deposit.study["raw"].items():
        place = f"config/sources/{name}.yaml"
        yield from (f"{place}: '{key}' is blank" for key in ("citation", "licence", "accessed") if not contract.get(key))
        if "folder" in contract:
            continue
        files = list(contract["files"].values()) if "files" in contract else [contract["file"]]
        if contract.get("external"):
            if not contract.get("obtain"):
                yield f"{place}: its files are not provided and 'obtain' is blank"
            yield from (f"{path}: may not be in the deposit ({place}: external)" for path in files if f"data/raw/{path}" in provided)
        else:
            yield from (f"{path}: is not in the deposit ({place})" for path in files if path not in provided)
            cards = {f"{Path(path).parent.as_posix()}/README.md" for path in files}
            yield from (f"{card}: the card of {place} is not in the deposit" for card in sorted(cards - provided))


def only_own_raw_data(deposit: Deposit) -> Iterator[str]:
    """No raw data file is there without a source that describes it: a reader's licensed files may not slip in."""
    known = {path for c in deposit.study["raw"].values() for path in [c.get("file"), *c.get("files", {}).values()] if path}
    for path in held(deposit.out):
        named = Path(path).name in ("README.md", "SHA256SUMS") or "templates" in Path(path).parts
        if path.startswith("data/") and not named and path not in known:
            yield f"{path}: no source in config/sources describes it, so that its rights are unknown"


def results_complete(deposit: Deposit) -> Iterator[str]:
    """Every archived result is there and none stands empty: exhibits in all forms, numbers, paper, dossier, codebook."""
    provided = set(held(deposit.out))
    wanted = list(RESULT_FILES)
    for name in deposit.study["exhibits"]:
        wanted += exhibit_files(kind_of(deposit.study["exhibits"], name), name).values()
    yield from (f"{path}: is not there: run `make` first" for path in wanted if path not in provided)
    for node in deposit.graph["nodes"].values():
        if node["kind"] == "exhibit" and node["absent"] and node["evidence"] != "simulated":
            yield f"{node['name']}: not available in this run: {node['absent']}"


def provenance_current(deposit: Deposit) -> Iterator[str]:
    """The provenance is that of this code and of these results: every exhibit and number has its node, every file its hash."""
    nodes = deposit.graph["nodes"]
    for kind, names in (("exhibit", deposit.study["exhibits"]), ("number", deposit.study["numbers"])):
        yield from (
            f"{kind} {name}: not in the provenance of the last run: run `make` first" for name in names if f"{kind}:{name}" not in nodes
        )
    for node in nodes.values():
        for file in node.get("files", []) if node["kind"] == "exhibit" else []:
            path = deposit.out / file["path"]
            if path.exists() and sha256(path) != file["sha256"]:
                yield f"{file['path']}: is not the file of the last run: run `make` first"
    tops, endings = ("analysis/", "workflow/", "config/"), (".py", ".smk", ".yaml", ".html", ".css", ".js", ".typ")
    code = [path for path in held(deposit.out) if path.startswith(tops) and path.endswith(endings)]
    if code_version(code, deposit.out)["sha256"] != deposit.graph["code"]["sha256"]:
        yield "code or configuration changed since the last run: run `make` first"


def results_listed(deposit: Deposit) -> Iterator[str]:
    """The README lists every table, figure and in-text number with a program that is in the deposit."""
    text, nodes = deposit.read("README.md"), deposit.graph["nodes"]
    for kind, names in (("exhibit", deposit.study["exhibits"]), ("number", deposit.study["numbers"])):
        ends = (":",) if kind == "exhibit" else (" |",)
        yield from (f"README.md: {kind} {name} is not listed" for name in names if not any(f"| {name}{end}" in text for end in ends))
    for program in sorted({node["code"]["module"] for node in nodes.values() if node["kind"] != "raw" and node.get("code")}):
        if not (deposit.out / program).exists():
            yield f"README.md: the program {program} is not in the deposit"


def readme_complete(deposit: Deposit) -> Iterator[str]:
    """README.md has every heading of the template in its order, few steps, measured time; README.pdf is there."""
    text = deposit.read("README.md")
    found = re.findall(r"^#{2,4} (.+)$", text, re.MULTILINE)
    yield from (f"README.md: heading '{heading}' is missing" for heading in HEADINGS if heading not in found)
    if [heading for heading in found if heading in HEADINGS] != [heading for heading in HEADINGS if heading in found]:
        yield "README.md: headings are not in the order of the template"
    steps = re.findall(r"^\d+\. ", text.split("## Instructions to Replicators")[-1].split("\n## ")[0], re.MULTILINE)
    if not 1 <= len(steps) <= STEPS:
        yield f"README.md: {len(steps)} steps for replicators; the rule is 1 to {STEPS}"
    if "(not measured)" in text:
        yield "README.md: no measured time and memory: logs/ is empty; run `make` first"
    if not (deposit.out / "README.pdf").exists() or not (deposit.out / "README.pdf").read_bytes().startswith(b"%PDF"):
        yield "README.pdf: is missing or no PDF"


def metadata_valid(deposit: Deposit) -> Iterator[str]:
    """Title, JEL codes and the mandatory fields of CFF 1.2, DataCite 4.5 and RO-Crate 1.1 are there and agree."""
    begins = deposit.study["deposit"]["title_begins"]
    cff, datacite = yaml.safe_load(deposit.read("CITATION.cff")), json.loads(deposit.read("datacite.json"))
    yield from (f"CITATION.cff: '{field}' is missing" for field in CITATION_FIELDS if not cff.get(field))
    yield from (f"datacite.json: '{field}' is missing" for field in DATACITE_FIELDS if not datacite.get(field))
    crate = {entity["@id"]: entity for entity in json.loads(deposit.read("ro-crate-metadata.json"))["@graph"]}
    if crate.get("ro-crate-metadata.json", {}).get("about") != {"@id": "./"}:
        yield "ro-crate-metadata.json: no descriptor about './'"
    root = crate.get("./", {})
    yield from (
        f"ro-crate-metadata.json: root has no '{f}'" for f in ("name", "description", "datePublished", "license") if not root.get(f)
    )
    parts, wanted = {part["@id"] for part in root.get("hasPart", [])}, set(held(deposit.out)) - {*UNLISTED, "ro-crate-metadata.json"}
    yield from (f"ro-crate-metadata.json: {path} is no part" for path in sorted(wanted) if quote(path) not in parts & set(crate))
    titles = {
        cff.get("title"),
        (datacite.get("titles") or [{}])[0].get("title"),
        root.get("name"),
        deposit.read("README.md")[2:].split("\n")[0],
    }
    if len(titles) != 1 or not str(next(iter(titles))).startswith(begins):
        yield f"title: {sorted(map(str, titles))}: must be one everywhere and begin with '{begins}'"
    codes = [code for code in deposit.study["deposit"]["jel"] if JEL.match(code) and code in deposit.read("README.md")]
    if len(codes) != len(deposit.study["deposit"]["jel"]) or not codes:
        yield "JEL: README.md must name at least one code, each a letter and two digits"


def licences_there(deposit: Deposit) -> Iterator[str]:
    """LICENSE is there and CITATION.cff names a licence."""
    if not (deposit.out / "LICENSE").exists():
        yield "LICENSE: is not there"
    if not yaml.safe_load(deposit.read("CITATION.cff")).get("license"):
        yield "CITATION.cff: 'license' is missing"


def code_is_source(deposit: Deposit) -> Iterator[str]:
    """Code is text: no compiled program, no notebook with outputs."""
    for path in held(deposit.out):
        if path.endswith((".pyc", ".so", ".dll", ".exe", ".whl", ".ipynb")):
            yield f"{path}: is not source code"


CHECKS: tuple[Callable[[Deposit], Iterator[str]], ...] = (
    no_empty_files, no_duplicates, no_archives, no_machine_paths, no_personal_data, manifest_matches, raw_data_unchanged, data_described,
    only_own_raw_data, results_complete, provenance_current, results_listed, readme_complete, metadata_valid, licences_there, code_is_source,
)  # fmt: skip
