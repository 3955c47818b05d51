"""What the reading of a folder leaves on record: findings on rows and cells, and one line on each file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

# Places that are listed one by one; of more of the same kind there is one line with their number.
LISTED = 1_000


@dataclass(frozen=True)
class Finding:
    """One line of the notes: what was found where, and what was done. `kind` as in config/tables/firm_notes.yaml."""

    table: str
    kind: str
    file: str
    rule: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    count: int = 1
    about: str = ""  # table and field whose policy decides

    def __str__(self) -> str:
        parts = [self.file]
        parts += [f"row {self.row}"] if self.row is not None else []
        parts += [f"column '{self.column}'"] if self.column else []
        parts += [f"value '{self.value}'"] if self.value is not None else []
        return ", ".join(parts) + f": {self.rule}" + (f" ({self.count:,} times)" if self.row is None and self.count > 1 else "")


@dataclass
class FileLine:
    """What became of a file, of a member of an archive or of a sheet: read as what and how many rows, or why it was not read.

    `left_out` counts rows by the rule that left them out, before sources are joined.
    """

    file: str
    read_as: str = ""
    table: str = ""
    rows: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    why: str = ""
    unused: list[str] = field(default_factory=list)  # columns that its map does not read
    likely: bool = False  # not read although it looks like a table that was meant to be
    recognised: bool = False  # a table of a known layout that cannot be read: going on without it would lose its rows

    def __str__(self) -> str:
        return f"{self.file}, {self.why}" if self.why.startswith("row ") else f"{self.file}: {self.why}"

    @property
    def kept(self) -> int:
        return self.rows - sum(self.left_out.values())


class Notebook:
    """Findings on the rows of one table, each with the file that holds its row."""

    def __init__(self, table: str, file: str, names: pd.Series | None = None) -> None:
        self.table, self.file, self.names = table, file, names
        self.findings: list[Finding] = []
        self.left: dict[str, dict[str, int]] = {}  # file → rule → rows

    def of(self, position: object) -> str:
        """Return the file of one record, where several are read as one."""
        return str(self.names[position]) if self.names is not None else self.file

    def note(self, kind: str, rule: str, *, column: str | None = None, value: str | None = None, count: int = 1) -> None:
        """Record something about many rows at once."""
        self.findings.append(Finding(self.table, kind, self.file, rule, column=column, value=value, count=count))

    def place(self, kind: str, rule: str, where: Iterable, rows: pd.Series, column: str, values: pd.Series | None, about: str = "") -> None:
        """Record one finding a row, up to LISTED of them; `rows` and `values` are by position."""
        positions = list(where)
        for position in positions[:LISTED]:
            value = None if values is None else "" if pd.isna(values[position]) else str(values[position])
            self.findings.append(Finding(self.table, kind, self.of(position), rule, int(rows[position]), column, value, about=about))
        if len(positions) > LISTED:
            rest = len(positions) - LISTED
            self.findings.append(Finding(self.table, kind, self.file, f"{rule}; more of the same", column=column, count=rest, about=about))

    def leave_out(self, rule: str, mask: pd.Series) -> None:
        """Count rows that are left out, under each one's file."""
        if not mask.any():
            return
        if self.names is None:
            own = self.left.setdefault(self.file, {})
            own[rule] = own.get(rule, 0) + int(mask.sum())
            return
        counts = self.names[mask.index][mask].value_counts()
        for file, count in counts[counts > 0].items():  # categories without a row have a count of zero
            own = self.left.setdefault(str(file), {})
            own[rule] = own.get(rule, 0) + int(count)
