"""Read a folder of firm files and say what they are, which fields they hold, which claims become testable, and what is wrong.

Nothing is estimated and nothing is written. Status 0 when every row keeps the rules, 1 when some do not, 2 when a file
cannot be read at all.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from analysis.adapters.folder import Reading, read_folder
from analysis.contracts import DataError
from analysis.rawfiles import files_of
from analysis.study import FIRM_TABLES, load

NAME = "doctor"
HELP = "read a folder of firm files and say what they are and what is wrong with them"
SHOWN = 200


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", help="folder of firm files, as IPS_DATA/firms or data/raw/firms")


def run(chosen: argparse.Namespace) -> int:
    study = load()
    files = files_of(Path(chosen.path))
    if not files:
        raise DataError(f"{chosen.path}: no file of a known kind (data/raw/firms/README.md says what is read)")
    about = next(raw for raw in study["raw"].values() if "adapters" in raw and not raw.get("planted"))
    reading = read_folder(files, about["adapters"], about["tables"])
    print(
        "\n".join(
            [*_files(reading, about["adapters"]), "", *_fields(reading), "", *_claims(reading, study["claims"]), "", *_findings(reading)]
        )
    )
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
    return lines


def _claims(reading: Reading, claims: dict) -> list[str]:
    lines = ["Claims"]
    for name, claim in claims.items():
        if "fields" not in claim:
            continue
        lacking = [
            f"{table}.{column}"
            for table, columns in claim["fields"].items()
            for column in columns
            if not reading.tables[table][column].notna().any()
        ]
        lines.append(f"  {name} {'can be tested' if not lacking else 'lacks ' + ', '.join(lacking)}: {claim['claim']}")
    return lines


def _findings(reading: Reading) -> list[str]:
    refused = list(dict.fromkeys(map(str, reading.refused())))
    others = pd.DataFrame([vars(f) for f in reading.findings if f.kind != "refused"])
    lines = [f"Set aside or decided ({len(others)})"]
    if len(others):
        lines += [
            f"  {f['file']}: {f['count']:,} × {f['kind']}{'' if not f['column'] else ', ' + str(f['column'])}: {f['rule']}"
            for f in others.to_dict("records")
        ]
    lines += ["", f"Rows that break a rule ({len(refused):,}); the study stops at them" if refused else "No row breaks a rule."]
    more = [f"  ... and {len(refused) - SHOWN:,} more"] if len(refused) > SHOWN else []
    return lines + [f"  {line}" for line in refused[:SHOWN]] + more
