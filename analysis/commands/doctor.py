"""Read a folder of firm files and say what they are, which fields they hold, which claims become testable, and what is wrong.

Nothing is estimated and nothing is written. Status 0 when every row keeps the rules, 1 when some do not, 2 when a file
cannot be read at all.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from analysis.core.config import FIRM_TABLES, load
from analysis.core.errors import DataError
from analysis.core.rawfiles import ROOT, files_of
from analysis.review.readiness import firm_panels, runnable
from analysis.sources.firms.folder import Reading, read_folder
from analysis.sources.firms.policies import Policies

SHOWN = 200


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", help="folder of firm files, as IPS_DATA/firms or data/raw/firms")


def run(chosen: argparse.Namespace) -> int:
    study = load()
    files = files_of(Path(chosen.path))
    if not files:
        raise DataError(f"{chosen.path}: no file of a known kind (data/raw/firms/README.md says what is read)")
    about = next(raw for raw in study["raw"].values() if "adapters" in raw and not raw.get("true_effects"))
    reading = read_folder(files, about["adapters"], about["tables"], Policies(**about["policies"]))
    provinces = pd.read_csv(ROOT / study["raw"]["province_list"]["file"], dtype="string")
    able = runnable(firm_panels(reading.tables, provinces, study["panels"]), study["specifications"], study["outcomes"])
    parts = (_files(reading, about["adapters"]), _fields(reading), _specifications(able), _claims(reading, study["claims"], able))
    print("\n".join(line for part in (*parts, _findings(reading)) for line in (*part, "")).rstrip())
    return 1 if reading.refused() else 0


def _files(reading: Reading, adapters: dict) -> list[str]:
    lines = ["Files"]
    return lines + [f"  {match.path.name}: {adapters[match.adapter]['title']} → {match.table}" for match in reading.matches]


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


def _findings(reading: Reading) -> list[str]:
    refused = list(dict.fromkeys(map(str, reading.refused())))
    others = pd.DataFrame([vars(f) for f in reading.findings if f.kind not in ("refused", "read")])
    lines = [f"Set aside or decided ({len(others)})"]
    if len(others):
        lines += [
            f"  {f['file']}: {f['count']:,} × {f['kind']}{'' if not f['column'] else ', ' + str(f['column'])}: {f['rule']}"
            for f in others.to_dict("records")
        ]
    lines += ["", f"Rows that break a rule ({len(refused):,}); the study stops at them" if refused else "No row breaks a rule."]
    more = [f"  ... and {len(refused) - SHOWN:,} more"] if len(refused) > SHOWN else []
    return lines + [f"  {line}" for line in refused[:SHOWN]] + more
