"""The Data and Code Availability Standard, version 1.0 (datacodestandard.org): its 16 rules, and how each is met.

A rule is met when all checks named for it find nothing and they decide it alone. A check that sees less than the rule asks says
what it saw; what no machine can know is asked of a person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from analysis.review.deposit.metadata import citation

ASK = {
    "access": "tick the two statements on rights in README.md",
    "cite": "see that the paper cites each data source (README.md, References)",
    "statement": "confirm the sentence in config/deposit.yaml, statements",
    "place": "deposit it in a trusted archive and fill in `doi` and `publisher` of config/deposit.yaml",
}
MET, PLANNED = "met", "plan checked by a dry run"
# A citation with these words points to rows or to ourselves, and names no publication.
NO_PUBLICATION = re.compile(r"each row|[Aa]uthors\b|this project")


@dataclass(frozen=True)
class Rule:
    """One rule of the standard: the checks that decide it, the statement that answers it, and what a person must still do.

    `met` is what checks that find nothing have shown; `blanks` are keys of config/deposit.yaml without which it is not met.
    """

    number: int
    name: str
    asks: str
    checks: tuple[str, ...]
    statement: str = ""
    person: str = ""
    met: str = MET
    blanks: tuple[str, ...] = ()


STANDARD = (
    Rule(1, "Data availability statement", "how to get every data set, and its rights", ("data_described", "readme_complete"), person=ASK["access"]),
    Rule(2, "Raw data", "raw data are included or their source is given", ("raw_data_unchanged", "data_described", "only_own_raw_data", "no_personal_data")),
    Rule(3, "Analysis data", "included, unless the code makes them from data at hand", ("dry_run",), met=PLANNED),
    Rule(4, "Format", "data are in a format that common software reads", ("no_archives",)),
    Rule(5, "Metadata", "variables and values are described", ("data_described", "results_complete")),
    Rule(6, "Citation", "all data are cited", ("data_described",), person=ASK["cite"]),
    Rule(7, "Data transformation", "programs that make analysis data are included", ("dry_run", "provenance_current"), met=PLANNED),
    Rule(8, "Analysis", "programs that make all results are included", ("dry_run", "results_listed", "results_complete", "provenance_current", "results_regenerated"), met=PLANNED),
    Rule(9, "Format of code", "code is in source format", ("code_is_source", "no_machine_paths")),
    Rule(10, "Instruments", "instruments of surveys and experiments are included", (), "instruments", ASK["statement"]),
    Rule(11, "Ethics", "approval of research with human subjects", (), "ethics", ASK["statement"]),
    Rule(12, "Pre-registration", "pre-registration is identified and cited", (), "preregistration", ASK["statement"]),
    Rule(13, "Documentation", "a README by the template", ("readme_complete", "results_listed")),
    Rule(14, "Location", "in a trusted archive", ("manifest_matches", "metadata_valid"), person=ASK["place"], blanks=("doi", "publisher")),
    Rule(15, "Licence", "a licence that lets others use and redistribute it", ("licences_there",)),
    Rule(16, "Omissions", "what is left out is said", ("data_described", "no_empty_files", "no_duplicates"), "omissions", ASK["statement"]),
)  # fmt: skip


def supply(study: dict, root: Path) -> list[str]:
    """Return what a person must still supply, one sentence each."""
    deposit, authors = study["deposit"], citation(root)["authors"]
    wanted = []
    if not deposit["doi"]:
        wanted.append("DOI of the deposit (config/deposit.yaml: doi)")
    if not deposit["publisher"]:
        wanted.append("archive that holds the deposit (config/deposit.yaml: publisher)")
    if any("name" in author for author in authors):
        wanted.append("names of the authors as persons (CITATION.cff: given-names, family-names)")
    if any("orcid" not in author for author in authors):
        wanted.append("ORCID of each author (CITATION.cff: orcid)")
    if not deposit["acknowledgements"]:
        wanted.append("funding and thanks (config/deposit.yaml: acknowledgements)")
    if unnamed := without_publication(study):
        wanted.append(f"publications behind sources whose citation names none (config/sources: {', '.join(unnamed)})")
    asked = {rule.person: [] for rule in STANDARD if rule.person and rule.person != ASK["place"]}
    for rule in STANDARD:
        if rule.person in asked:
            asked[rule.person].append(rule.statement or str(rule.number))
    return wanted + [f"{what} ({'rule' if names[0].isdigit() else 'for'} {', '.join(names)})" for what, names in asked.items()]


def report(study: dict, root: Path, problems: dict[str, tuple[str, list[str]]]) -> str:
    """Return CHECKS.md: the 16 rules, every check (name → what it asks, what is wrong), what a person must supply."""
    lines = [
        "# Checks of this deposit",
        "",
        "Made by `make package`. A status is what the checks have shown: a dry run plans every job and runs none.",
        "",
    ]
    lines += ["## Data and Code Availability Standard 1.0", "", "| Rule | What it asks | Status | By a person |", "|---|---|---|---|"]
    for rule in STANDARD:
        person = " To do: ".join(filter(None, [study["deposit"]["statements"].get(rule.statement, ""), rule.person]))
        lines.append(f"| {rule.number} {rule.name} | {rule.asks} | {status(rule, problems, study)} | {person} |")
    lines += ["", "## Checks", "", "| Check | What it asks | Result |", "|---|---|---|"]
    lines += [f"| {name} | {asks} | {'passed' if not wrong else f'{len(wrong)} broken'} |" for name, (asks, wrong) in problems.items()]
    broken = [f"- {name}: {line}" for name, (_, wrong) in problems.items() for line in wrong]
    lines += ["", "## What is broken", "", *(broken or ["Nothing."])]
    lines += ["", "## What a person must still supply", "", *(f"- {item}" for item in supply(study, root))]
    return "\n".join(lines) + "\n"


def status(rule: Rule, problems: dict[str, tuple[str, list[str]]], study: dict) -> str:
    """Return what the checks of a rule have shown: 'met' (or less), 'BROKEN (checks)', or that a person must do or state it."""
    broken = [name for name in rule.checks if problems[name][1]]
    if broken:
        return f"BROKEN ({', '.join(broken)})"
    if not rule.checks:
        return "stated; by a person"
    if any(not study["deposit"][key] for key in rule.blanks):
        return "to do by a person"
    if rule.number == 6 and (unnamed := without_publication(study)):
        return f"to do by a person for {len(unnamed)} of {len(_cited(study))} sources; met for the others"
    return f"{rule.met}; and by a person" if rule.person else rule.met


def _cited(study: dict) -> dict[str, str]:
    return {name: contract.get("citation", "") for name, contract in study["raw"].items() if "folder" not in contract}


def without_publication(study: dict) -> list[str]:
    """Return the sources whose citation names no publication."""
    return [name for name, citation in _cited(study).items() if not citation or NO_PUBLICATION.search(citation)]
