"""A reader's folder → canonical tables: every file opened once, its map found, its rows joined; one line on each file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.core.errors import DataError
from analysis.sources.firms.combination import combined
from analysis.sources.firms.findings import FileLine, Finding
from analysis.sources.firms.grid import Grid
from analysis.sources.firms.layouts import wanted_tags
from analysis.sources.firms.links import linked
from analysis.sources.firms.opening import tables_of
from analysis.sources.firms.pieces import Piece, piece_of, unread
from analysis.sources.firms.policies import Policies
from analysis.sources.firms.recognition import Match
from analysis.sources.firms.titles import doubted_sheets, unit_around
from analysis.sources.firms.together import alike, folder_of, of_whole_years, read_together, stands_alone, translate_together

# Files of facts, each a firm for itself, that are held before they become rows: memory stays that of so many.
BATCH = 250
# Files that a finding on a whole table names one by one.
NAMES_SHOWN = 6
TABLES = ("firm_accounts", "financing_events", "projects")
IDENTIFIERS = "identifiers"


@dataclass
class Reading:
    """What a folder holds. `tables` lack the rows that `findings` of kind 'refused' name; `files` has a line on each file."""

    matches: list[Match]
    tables: dict[str, pd.DataFrame]
    findings: list[Finding] = field(default_factory=list)
    files: list[FileLine] = field(default_factory=list)

    def refused(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.kind == "refused"]


def read_folder(
    files: list[Path],
    adapters: dict[str, dict],
    contracts: dict[str, dict],
    policies: Policies | None = None,
    progress: Callable[[Iterable[Path]], Iterable[Path]] = iter,
) -> Reading:
    """Return everything that `files` say. What breaks a rule is a finding; a file that is not read has a line that says why.

    Without `policies` whatever breaks a rule is refused. Raises DataError listing every file where none of them can be read.
    """
    policies = policies or Policies()
    reading = Reading([], {})
    with pd.option_context("mode.string_storage", "pyarrow"):
        pieces = _pieces(files, adapters, contracts, policies, reading, progress)
        if not pieces:
            raise DataError("\n".join(map(str, reading.files)) or "no files")
        helpers = {(piece.match.layout["helps"], folder_of(piece.match)): piece for piece in pieces if "helps" in piece.match.layout}
        codes = _codes(pieces, reading)
        for table in TABLES:
            groups: dict[tuple, list[Piece]] = {}
            for piece in (one for one in pieces if one.match.table == table):
                groups.setdefault(alike(piece.match), []).append(piece)
            parts = [
                (group[0].match, read_together(group, helpers, contracts[table], codes, policies, reading.findings))
                for group in groups.values()
            ]
            parts = of_whole_years(parts, list(groups.values()), reading.findings)
            reading.tables[table] = combined(table, parts, adapters, contracts[table], reading.findings)
        sources = {table: _listed(sorted({m.name for m in reading.matches if m.table == table})) for table in TABLES}
        reading.tables = linked(reading.tables, sources, reading.findings, policies.magnitude)
    return reading


def _pieces(files: list[Path], adapters: dict, contracts: dict, policies: Policies, reading: Reading, progress: Callable) -> list[Piece]:
    tags = wanted_tags(adapters, ".json")
    names = Counter(path.name for path in files)
    pieces: list[Piece] = []
    waiting: dict[tuple, list[Piece]] = {}
    said: list[tuple[Grid, str, float]] = []
    for path in progress(files):
        label = f"{path.parent.name}/{path.name}" if names[path.name] > 1 else path.name
        for found in tables_of(path, label, tags):
            piece = found if isinstance(found, FileLine) else piece_of(found, adapters, contracts, policies, reading.findings)
            if isinstance(found, Grid) and (unit := unit_around(found, text=isinstance(piece, FileLine))):
                said.append((found, *unit))
            if isinstance(piece, FileLine):
                reading.files.append(piece)
                reading.findings.append(unread(piece))
                continue
            reading.files.append(piece.line)
            pieces.append(piece)
            if stands_alone(piece):
                waiting.setdefault(alike(piece.match), []).append(piece)
        for kind in [kind for kind, batch in waiting.items() if len(batch) >= BATCH]:
            translate_together(waiting[kind], {}, contracts[waiting[kind][0].match.table], policies, reading.findings)
            del waiting[kind]
    money = [(piece.match, contracts[piece.match.table]) for piece in pieces if piece.match.table and "long" not in piece.match.layout]
    reading.findings += doubted_sheets(said, money)
    reading.matches = [piece.match for piece in pieces if piece.match.table]
    return pieces


def _codes(pieces: list[Piece], reading: Reading) -> dict[str, str]:
    """Return code → firm_id from the reader's files of identifiers."""
    codes: dict[str, str] = {}
    for piece in pieces:
        if piece.match.layout.get("helps") == IDENTIFIERS:
            pairs = piece.cells.dropna(subset=["code", "firm_id"])
            codes |= dict(zip(pairs["code"].astype(str), pairs["firm_id"].astype(str), strict=True))
            reading.findings.append(
                Finding("firm_accounts", "repaired", piece.match.name, "codes joined to firms", count=max(len(pairs), 1))
            )
    return codes


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more
