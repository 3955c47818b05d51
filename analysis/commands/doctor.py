"""Read a folder of firm files and say what they are, which fields they hold, which claims become testable, and what is wrong.

Nothing is estimated and nothing is written. Status 0 when every row keeps the rules, 1 when some do not or a file that
was meant to be a table is not read, 2 when no file can be read at all.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from analysis.core.config import FIRM_TABLES, load
from analysis.core.errors import DataError
from analysis.core.progress import track
from analysis.core.rawfiles import ROOT, files_of
from analysis.core.visible import visible
from analysis.review.readiness import firm_panels, runnable
from analysis.sources.firms import report
from analysis.sources.firms.draft import draft
from analysis.sources.firms.folder import Reading, read_folder
from analysis.sources.firms.policies import Policies


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", nargs="?", help="folder of firm files (as IPS_DATA/firms or data/raw/firms), or one file")
    parser.add_argument("--draft-map", metavar="FILE", help="print a column map for a table that no map knows, to be edited")


def run(chosen: argparse.Namespace) -> int:
    study = load()
    about = next(raw for raw in study["raw"].values() if "adapters" in raw and not raw.get("true_effects"))
    if chosen.draft_map:
        print(draft(_existing(Path(chosen.draft_map)), about["adapters"], about["tables"]["firm_accounts"]), end="")
        return 0
    if not chosen.path:
        raise DataError("name a folder of firm files, or a file")
    reading = read_folder(_files(Path(chosen.path)), about["adapters"], about["tables"], Policies(**about["policies"]), progress)
    provinces = pd.read_csv(ROOT / study["raw"]["province_list"]["file"], dtype="string")
    able = runnable(firm_panels(reading.tables, provinces, study["panels"]), study["specifications"], study["outcomes"])
    files = [*report.files(reading), *report.unverified(reading, about["adapters"])]
    parts = (
        files,
        _fields(reading),
        report.sizes(reading, about["tables"]),
        _specifications(able),
        _claims(reading, study["claims"], able),
    )
    lines = [line for part in (*parts, report.aside(reading), report.refused(reading)) if part for line in (*part, "")]
    print(visible("\n".join(lines).rstrip()))
    return 1 if reading.refused() or any(line.likely for line in reading.files if not line.read_as) else 0


def _existing(path: Path) -> Path:
    """Return the path. Raises DataError that names the nearest folder that is there, and what it holds."""
    if path.exists():
        return path
    parent = next(parent for parent in path.absolute().parents if parent.is_dir())
    held = sorted(one.name for one in parent.iterdir() if not one.name.startswith("."))
    raise DataError(f"{path}: no such file or folder; {parent} holds {', '.join(held[:8]) or 'nothing'}{' ...' if len(held) > 8 else ''}")


def _files(path: Path) -> list[Path]:
    """Return the files of a folder, or the one file that is named."""
    files = [_existing(path)] if path.is_file() else files_of(_existing(path))
    if not files:
        raise DataError(f"{path}: an empty folder (data/raw/firms/README.md says what is read)")
    return files


def progress(files: Iterable[Path]) -> Iterable[Path]:
    """Return the files; where reading them takes long and someone looks on, a bar shows how far it is."""
    listed = list(files)
    return track(listed, len(listed), "files")


def _fields(reading: Reading) -> list[str]:
    lines = ["Fields (rows with a value)"]
    for name in FIRM_TABLES:
        table = reading.tables[name]
        held = [f"{column} {int(table[column].notna().sum()):,}" for column in table if len(table) and table[column].notna().any()]
        lines.append(f"  {name}, {len(table):,} rows: {', '.join(held) or 'none'}")
        if name == "financing_events" and len(table):
            kinds = ", ".join(f"{kind} {n:,}" for kind, n in table["instrument"].value_counts().items())
            lines.append(f"    by instrument: {kinds}; only IP securitization dates a firm's treatment")
    return lines


def _specifications(able: dict) -> list[str]:
    """Return a line for those that lack the same or do without the same controls, and the number of the others."""
    said: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for name, _ in able):
        own = {outcome: able[name, outcome] for one, outcome in able if one == name}
        missing: dict[str, list[str]] = {}
        for outcome, (why, _) in own.items():
            missing.setdefault(why, []).append(outcome)
        without = next(iter(own.values()))[1]
        parts = ["cannot run" if "" not in missing else "can run" + (f" without {', '.join(without)} (blank)" if without else "")]
        parts += [why if len(missing) == 1 else f"not {', '.join(outcomes)}: {why}" for why, outcomes in missing.items() if why]
        said.setdefault("; ".join(parts), []).append(name)
    head = "Specifications (whether their columns hold values and their treatment varies; only the estimate says what is identified)"
    return [head, *(f"  {', '.join(names)}: {text}" for text, names in said.items())]


def _claims(reading: Reading, claims: dict, able: dict) -> list[str]:
    lines = ["Claims"]
    for name, claim in claims.items():
        if "fields" not in claim:
            continue
        missing = [
            f"{table}.{column}"
            for table, columns in claim["fields"].items()
            for column in columns
            if not reading.tables[table][column].notna().any()
        ]
        tests = {(test["from"], test.get("outcome", "none")) for test in claim.get("firms", [])}
        stuck = sorted(f"{model}: {able[model, outcome][0]}" for model, outcome in tests if able[model, outcome][0])
        said = "lacks " + ", ".join(missing) if missing else "cannot be tested, " + "; ".join(stuck) if stuck else "can be tested"
        lines.append(f"  {name} {said}: {claim['claim']}")
    return lines
