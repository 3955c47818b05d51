"""What a reading says, in lines: a table of files, what was set aside, what breaks a rule and which policy would settle it."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from analysis.sources.firms.findings import FileLine, Finding
from analysis.sources.firms.folder import Reading

SHOWN = 200
# Files of one layout that are listed one by one; of more the first, and a line for the others.
FILES_SHOWN = 40
COLUMNS_SHOWN = 8
CURRENCIES_SHOWN = 3
SIZES = (
    "Medians of money, zeros apart (is each of the size that such firms have? A file in thousands that nowhere says so shows here alone)"
)
WORDS = ((1e6, "million million"), (1e3, "thousand million"), (1.0, "million"), (1e-3, "thousand"), (1e-6, ""))
ASIDE = ("refused", "read", "unread")
POLICY_FILE = "config/sources/firm_files.yaml"


def files(reading: Reading) -> list[str]:
    """Return one line a file, member of an archive or sheet: read as what, rows read, rows left out and why, or why it is not read."""
    groups: dict[tuple[str, str], list[FileLine]] = {}
    for line in reading.files:
        groups.setdefault((line.read_as, "" if line.read_as else line.why), []).append(line)
    lines = [
        f"Files ({sum(bool(line.read_as) for line in reading.files):,} tables read, {sum(not line.read_as for line in reading.files):,} not)"
    ]
    for (read_as, why), members in groups.items():
        lines += [f"  {_line(member)}" for member in members[:FILES_SHOWN]]
        if len(members) > FILES_SHOWN:
            rest = members[FILES_SHOWN:]
            rows = f"{sum(m.rows for m in rest):,} rows, {sum(m.kept for m in rest):,} kept" if read_as else f"not read: {why}"
            lines.append(f"  ... and {len(rest):,} more {read_as}: {rows}")
    return lines


def _line(line: FileLine) -> str:
    if not line.read_as:
        return f"{line.file}: not read: {line.why}"
    left = "".join(f"; {count:,} left out: {rule}" for rule, count in line.left_out.items())
    what = f" → {line.table}, {line.rows:,} rows" if line.table else f" (beside another file), {line.rows:,} rows"
    return f"{line.file}: {line.read_as}{what}{left}{f'; {line.why}' if line.why else ''}{_unused(line)}"


def _unused(line: FileLine) -> str:
    """Return the columns that no field takes: one of them may be a field under a name that the map does not know."""
    more = f" and {len(line.unused) - COLUMNS_SHOWN} more" if len(line.unused) > COLUMNS_SHOWN else ""
    return f"; columns not used: {', '.join(line.unused[:COLUMNS_SHOWN])}{more}" if line.unused else ""


def unverified(reading: Reading, adapters: dict[str, dict]) -> list[str]:
    """Return, for each map used, the columns it read whose names no public document was found to show."""
    read: dict[str, set[str]] = {}
    for match in reading.matches:
        doubtful = set(adapters[match.adapter].get("not_verified", []))
        read.setdefault(match.adapter, set()).update(doubtful & set(match.columns).union(*match.years.values()))
    lines = [f"  {adapters[name]['title']}: {', '.join(sorted(columns))}" for name, columns in sorted(read.items()) if columns]
    return ["", "Columns whose names are not verified: compare them with the labels of your export", *lines] if lines else []


def sizes(reading: Reading, contracts: dict[str, dict]) -> list[str]:
    """Return the median of each column of money by currency, with its unit in words: a file in thousands without a word shows in nothing else."""
    lines = []
    for name, contract in contracts.items():
        table = reading.tables.get(name, pd.DataFrame())
        for column in (
            one for one, rule in contract["columns"].items() if rule.get("unit") == "million" and {one, "currency"} <= set(table)
        ):
            figures = table[table[column].notna() & (table[column] != 0)]
            of = sorted(figures.groupby("currency")[column], key=lambda group: -len(group[1]))
            medians = [f"{_in_words(float(values.median()))} {currency}" for currency, values in of[:CURRENCIES_SHOWN]]
            more = f" and {len(of) - CURRENCIES_SHOWN} more currencies" if len(of) > CURRENCIES_SHOWN else ""
            each = "an event" if name == "financing_events" else "a firm and year"
            lines += [f"  {name}.{column}: {', '.join(medians)}{more} {each}"] if medians else []
    return [SIZES, *lines] if lines else []


def _in_words(million: float) -> str:
    """Return an amount of million with three digits and its unit: 1.2 thousand million, 450 million, 35 thousand."""
    scale, word = next((pair for pair in WORDS if abs(million) >= pair[0]), WORDS[-1])
    return f"{million / scale:,.3g} {word}".rstrip() if abs(million / scale) < 1000 else f"{million / scale:,.0f} {word}".rstrip()


def table_of_files(reading: Reading) -> pd.DataFrame:
    """Return the lines as a table: file, read_as, table, rows, kept, left_out (rule: rows), why."""
    records = [
        {
            "file": line.file,
            "read_as": line.read_as,
            "table": line.table,
            "rows": line.rows,
            "kept": line.kept,
            "left_out": "; ".join(f"{rule}: {count}" for rule, count in line.left_out.items()),
            "why": line.why,
        }
        for line in reading.files
    ]
    return pd.DataFrame(records, columns=["file", "read_as", "table", "rows", "kept", "left_out", "why"])


def aside(reading: Reading) -> list[str]:
    """Return what was set aside, repaired or doubted."""
    groups: dict[tuple, list[Finding]] = {}
    for number, finding in enumerate(one for one in reading.findings if one.kind not in ASIDE):
        # What is counted over many files is counted once more over all of them; what has a row stands alone.
        alike = (finding.kind, finding.column, finding.rule, finding.value) if finding.row is None else (number,)
        groups.setdefault(alike, []).append(finding)
    lines = [f"Set aside or decided ({len(groups)})"]
    lines += [
        f"  {_files(found)}: {sum(f.count for f in found):,} × {found[0].kind}{_place(found[0])}: {found[0].rule}"
        for found in list(groups.values())[:SHOWN]
    ]
    return lines + ([f"  ... and {len(groups) - SHOWN:,} more"] if len(groups) > SHOWN else [])


def _files(found: list[Finding]) -> str:
    names = list(dict.fromkeys(finding.file for finding in found))
    return (
        names[0]
        if len(names) == 1
        else f"{names[0]}; {names[1]}"
        if len(names) == 2
        else f"{names[0]}; {names[1]}; and {len(names) - 2:,} more such"
    )


def _place(finding: Finding) -> str:
    row = f", row {finding.row}" if finding.row is not None else ""
    column = f", {finding.column}" if finding.column else ""
    return row + column + (f" = {finding.value}" if finding.value and finding.kind in ("blanked", "dropped", "doubtful") else "")


def refused(reading: Reading) -> list[str]:
    """Return what breaks a rule, place by place, and the policies that would let the study go on."""
    lines = list(dict.fromkeys(map(str, reading.refused())))
    told = [f"Rows that break a rule ({len(lines):,}); the study stops at them" if lines else "No row breaks a rule."]
    more = [f"  ... and {len(lines) - SHOWN:,} more"] if len(lines) > SHOWN else []
    return told + [f"  {line}" for line in lines[:SHOWN]] + more + proposals(reading)


def proposals(reading: Reading) -> list[str]:
    """Return, for each field with refused cells, how many break which rule and the line of the configuration that would settle it."""
    found: Counter[tuple[str, str]] = Counter()
    for finding in reading.refused():
        if finding.about:
            found[finding.about, finding.rule.split(" (")[0]] += finding.count
    lines = ["", f"To go on without correcting them ({POLICY_FILE}, policies):"] if found else []
    for (about, rule), count in sorted(found.items()):
        keys = about.rpartition(".")[2] in ("firm_id", "year", "currency", "event_id", "date", "instrument", "project_id")
        line = "rows: drop" if about == "rows" else f"fields: {{{about}: {'drop' if keys else 'blank'}}}"
        lines.append(
            f"  {count:,} × {about} {rule}: {line}  # now refuse; {'the row goes' if keys or about == 'rows' else 'the cell is blank'}"
        )
    return lines
