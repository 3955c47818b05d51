"""A reader's folder → canonical tables: which adapter reads which file, joined and put in order of precedence."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.core.errors import DataError
from analysis.panels._firm_traits import changes
from analysis.sources.firms.formats import FILE, ROW, read_cells
from analysis.sources.firms.translation import Finding, Translated, translate

TABLES = ("firm_accounts", "financing_events", "projects")
# Figures of two sources are the same when they differ by less: rounding of exports.
TOLERANCE = 0.005


@dataclass(frozen=True)
class Match:
    """A file and the table of the adapter that reads it; `label` names the layout within the adapter."""

    path: Path
    adapter: str
    layout: dict
    label: str = ""

    @property
    def table(self) -> str:
        return self.layout["fills"]


@dataclass
class Reading:
    """What a folder holds. `tables` lack the rows that `findings` of kind 'refused' name."""

    matches: list[Match]
    tables: dict[str, pd.DataFrame]
    findings: list[Finding] = field(default_factory=list)

    def refused(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.kind == "refused"]


def read_folder(files: list[Path], adapters: dict[str, dict], contracts: dict[str, dict]) -> Reading:
    """Return everything that `files` say. What breaks a rule is a finding; only what cannot be read at all is raised.

    Raises DataError listing every file that cannot be read or that no adapter recognises.
    """
    helpers, matches, problems = {}, [], []
    for path in files:
        try:
            header = read_cells(path, rows=1)
            match = recognise(path, list(header.columns.drop(ROW)), adapters)
            helpers[path] = match
            matches += [match] if match.layout.get("fills") else []
        except DataError as error:
            problems.append(str(error))
    if problems:
        raise DataError("\n".join(problems))
    reading = Reading(matches, {})
    for table in TABLES:
        groups: dict[tuple[str, str], list[Match]] = {}
        for match in matches:
            if match.table == table:
                groups.setdefault((match.adapter, match.label), []).append(match)
        parts = [(group[0], _read(group, helpers, contracts[table], reading.findings)) for group in groups.values()]
        reading.tables[table] = _combined(table, parts, adapters, contracts[table], reading.findings)
    _check_currencies(reading)
    _note_changes(reading)
    _check_links(reading)
    return reading


def recognise(path: Path, header: list[str], adapters: dict[str, dict]) -> Match:
    """Return the match whose required columns the header holds; the one that asks for most wins.

    Raises DataError naming the nearest layout and the columns it lacks.
    """
    suffix, best, nearest = path.suffix.lower(), None, None
    for name, adapter in adapters.items():
        for label, layout in adapter["tables"].items():
            if suffix not in layout.get("suffixes", [".csv", ".txt", ".tsv", ".xlsx", ".parquet", ".dta"]):
                continue
            wanted = layout["header_has"]
            missing = [column for column in wanted if column not in header]
            # A file without most of what a table needs is not that table with a hole.
            score = len(wanted) - len(missing)
            if not missing and (best is None or score > best[0]):
                best = (score, Match(path, name, layout, label))
            if missing and score and (nearest is None or (score / len(wanted), score) > nearest[0]):
                nearest = ((score / len(wanted), score), f"{adapter['title']}, {label}", missing)
    if best:
        return best[1]
    hint = f" Nearest: {nearest[1]}, which also has {', '.join(nearest[2])}." if nearest else ""
    raise DataError(f"{path.name}, row 1: no adapter of config/sources/firms knows this header ({', '.join(header[:8])}).{hint}")


def _read(group: list[Match], helpers: dict[Path, Match], contract: dict, findings: list[Finding]) -> pd.DataFrame:
    """Return the rows of all files of one layout: read as one, so that the latest filing counts whichever file holds it."""
    parts = []
    for match in group:
        cells = read_cells(match.path)
        parts.append(_joined(cells, match, helpers, findings) if "join" in match.layout else cells)
    first = group[0]
    name = first.path.name if len(group) == 1 else f"{first.path.name} and {len(group) - 1} more"
    if len(group) > 1:
        parts = [cells.assign(**{FILE: _short(match.path, group)}) for match, cells in zip(group, parts, strict=True)]
    cells = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    findings.append(Finding(first.table, "read", name, "records read", count=len(cells)))
    read: Translated = translate(cells, first.layout, contract, first.table, name)
    findings += read.findings
    return _once(read.rows, contract["key"], first.table, name, findings)


def _short(path: Path, group: list[Match]) -> str:
    """Return the file's name, with its folder where several files have the same."""
    same = sum(other.path.name == path.name for other in group) > 1
    return f"{path.parent.name}/{path.name}" if same else path.name


def _joined(cells: pd.DataFrame, match: Match, helpers: dict[Path, Match], findings: list[Finding]) -> pd.DataFrame:
    """Return the records with the columns of a second file of the same adapter (SEC: num.txt takes firm and date from sub.txt)."""
    join = match.layout["join"]
    beside = [path for path, other in helpers.items() if other.layout.get("helps") == join["with"] and path.parent == match.path.parent]
    if not beside:
        raise DataError(f"{match.path.name}: needs the file {join['with']} beside it, which holds {', '.join(join['take'])}")
    other = read_cells(beside[0])[[join["on"], *join["take"]]].drop_duplicates(join["on"])
    merged = cells.merge(other, on=join["on"], how="left", indicator=True)
    lost = merged["_merge"] == "left_only"
    for position in merged.index[lost][:50]:
        rule = f"has no line in {beside[0].name}"
        value = str(merged.loc[position, join["on"]])
        findings.append(Finding(match.table, "refused", match.path.name, rule, int(merged.loc[position, ROW]), join["on"], value))
    return merged[~lost].drop(columns="_merge")


def _once(rows: pd.DataFrame, key: list[str], table: str, file: str, findings: list[Finding]) -> pd.DataFrame:
    """Return one row per key: the same record twice counts once, of several filings the latest; else both are refused."""
    values = [column for column in rows.columns if column not in (ROW, FILE)]
    same = rows.duplicated(values, keep="first")
    if same.any():
        findings.append(Finding(table, "duplicate", file, "the same record again; it counts once", count=int(same.sum())))
    rows = rows[~same]
    if "filed" in rows and rows["filed"].notna().any():
        ordered = rows.sort_values([*key, "filed"], kind="stable", na_position="first")
        newest = ordered.groupby(key, dropna=False)["filed"].transform("last")  # the latest; "max" of words takes one call per firm
        older = ordered["filed"].notna() & (ordered["filed"] < newest)
        if older.any():
            rule = "an earlier filing of the same firm and year; the latest counts"
            findings.append(Finding(table, "restated", file, rule, count=int(older.sum())))
        rows = ordered[~older].sort_index()
    twice = rows.duplicated(key, keep=False)
    for position in rows.index[twice]:
        value = ", ".join(str(v) for v in rows.loc[position, key])
        rule = "the same key with other figures, and nothing says which counts"
        named = str(rows.loc[position, FILE]) if FILE in rows else file
        findings.append(Finding(table, "refused", named, rule, int(rows.loc[position, ROW]), ", ".join(key), value))
    return rows[~twice]


def _combined(table: str, parts: list, adapters: dict, contract: dict, findings: list[Finding]) -> pd.DataFrame:
    """Return the rows of all files in one table: by precedence of their adapters, cell by cell; differences are conflicts."""
    key = contract["key"]
    columns = list(contract["columns"])
    ordered = sorted(parts, key=lambda part: (adapters[part[0].adapter]["precedence"], part[0].path.name))
    merged: pd.DataFrame | None = None
    for match, rows in ordered:
        indexed = rows.drop(columns=[ROW, FILE], errors="ignore").set_index(key)
        indexed = indexed.assign(source=pd.Series(match.adapter, index=indexed.index, dtype="string"))
        merged = indexed if merged is None else _laid_over(merged, indexed, table, match, findings)
    if merged is None:
        merged = pd.DataFrame(columns=[c for c in columns if c not in key], index=pd.MultiIndex.from_arrays([[]] * len(key), names=key))
    full = merged.reset_index().reindex(columns=columns)
    for name, rule in contract["columns"].items():
        kind = {"number": "float64", "integer": "Int64", "boolean": "boolean"}.get(rule["type"], "string")
        full[name] = full[name].astype(kind)
    # Files that only add columns (subsidies, say) name no currency of their own.
    incomplete = full[[c for c, rule in contract["columns"].items() if rule.get("required")]].isna().any(axis=1)
    for position in full.index[incomplete]:
        blank = [c for c, rule in contract["columns"].items() if rule.get("required") and pd.isna(full.loc[position, c])]
        value = ", ".join(str(v) for v in full.loc[position, key])
        findings.append(Finding(table, "refused", "all files", f"no file gives {', '.join(blank)}", column=", ".join(key), value=value))
    return full[~incomplete].sort_values(key, ignore_index=True)


def _laid_over(first: pd.DataFrame, second: pd.DataFrame, table: str, match: Match, findings: list[Finding]) -> pd.DataFrame:
    second = _same_currency(first, second, table, match, findings)
    both = first.index.intersection(second.index)
    for name in second.columns.intersection(first.columns).drop("source"):
        a, b = first.loc[both, name], second.loc[both, name]
        known = a.notna() & b.notna()
        if pd.api.types.is_float_dtype(a.dtype):
            differ = known & ((a - b).abs() > TOLERANCE * a.abs())
        else:
            differ = known & (a.astype("string") != b.astype("string")).fillna(False)
        if differ.any():
            at = differ[differ].index[0]
            where = ", ".join(map(str, at)) if isinstance(at, tuple) else str(at)
            rule = f"differs from what {first.loc[at, 'source']} says ({a[at]}), which takes precedence; first of its kind: {where}"
            findings.append(Finding(table, "conflict", match.path.name, rule, column=name, value=str(b[at]), count=int(differ.sum())))
    merged = first.combine_first(second)
    names = first.loc[both, "source"].astype(str)
    adds = ~names.str.split("+").map(lambda parts: match.adapter in parts).astype(bool)
    merged.loc[both, "source"] = names.where(~adds, names + "+" + match.adapter).astype("string")
    return merged


def _same_currency(first: pd.DataFrame, second: pd.DataFrame, table: str, match: Match, findings: list[Finding]) -> pd.DataFrame:
    """Return the second source without rows whose money is in another currency: their cells may not fill blanks."""
    if "currency" not in first or "currency" not in second:
        return second
    both = first.index.intersection(second.index)
    a, b = first.loc[both, "currency"], second.loc[both, "currency"]
    differ = (a.notna() & b.notna() & (a.astype("string") != b.astype("string"))).fillna(False)
    if differ.any():
        rule = "another currency than that of the source that takes precedence; these rows are left out"
        findings.append(Finding(table, "conflict", match.path.name, rule, column="currency", count=int(differ.sum())))
    return second.drop(index=both[differ.to_numpy(bool)])


def _check_currencies(reading: Reading) -> None:
    """Refuse firms whose currency changes over the years: growth and logs would change with it."""
    accounts = reading.tables["firm_accounts"]
    changing = accounts.groupby("firm_id")["currency"].transform("nunique") > 1
    source = ", ".join(sorted({m.path.name for m in reading.matches if m.table == "firm_accounts"}))
    for firm, rows in accounts[changing].groupby("firm_id"):
        rule = f"reports in {' and '.join(sorted(rows['currency'].unique()))}; convert to one currency first"
        reading.findings.append(Finding("firm_accounts", "refused", source, rule, column="currency", value=str(firm), count=len(rows)))
    reading.tables["firm_accounts"] = accounts[~changing].reset_index(drop=True)


def _note_changes(reading: Reading) -> None:
    """Note the firms whose traits change over the years: panels keep the value of the base year."""
    accounts = reading.tables["firm_accounts"]
    source = ", ".join(sorted({m.path.name for m in reading.matches if m.table == "firm_accounts"}))
    for trait, firms in changes(accounts).items():
        rule = "changes over the years of a firm; that of its first year counts; rows: firms; first of them given"
        reading.findings.append(Finding("firm_accounts", "changes", source, rule, column=trait, value=str(firms[0]), count=len(firms)))


def _check_links(reading: Reading) -> None:
    """Refuse events and projects of firms without accounts: a code that matches nothing is a mistake or another firm."""
    firms = set(reading.tables["firm_accounts"]["firm_id"])
    for table in ("financing_events", "projects"):
        rows = reading.tables[table]
        lost = ~rows["firm_id"].isin(firms)
        for position in rows.index[lost]:
            rule = "no accounts for this firm"
            source = ", ".join(sorted({m.path.name for m in reading.matches if m.table == table}))
            findings = Finding(table, "refused", source, rule, column="firm_id", value=str(rows.loc[position, "firm_id"]))
            reading.findings.append(findings)
        reading.tables[table] = rows[~lost].reset_index(drop=True)
    _check_spells(reading)


# date that must not be after → the other
ORDER = (
    ("filing_date", "last_unsold_date"),
    ("last_unsold_date", "first_sale_by"),
    ("last_unsold_date", "observed_until"),
    ("first_sale_by", "observed_until"),
    ("filing_date", "abandoned_date"),
    ("abandoned_date", "observed_until"),
    ("first_sale_by", "abandoned_date"),
)


def _check_spells(reading: Reading) -> None:
    """Refuse projects whose dates contradict one another: an end before its start is no spell."""
    rows = reading.tables["projects"]
    bad = pd.Series(False, index=rows.index)
    source = ", ".join(sorted({m.path.name for m in reading.matches if m.table == "projects"}))
    for early, late in ORDER:
        wrong = (rows[early] > rows[late]).fillna(False).astype(bool)
        for position in rows.index[wrong]:
            rule = f"{late} ({rows.loc[position, late]}) is before {early} ({rows.loc[position, early]})"
            value = str(rows.loc[position, "project_id"])
            reading.findings.append(Finding("projects", "refused", source, rule, column="project_id", value=value))
        bad |= wrong
    reading.tables["projects"] = rows[~bad].reset_index(drop=True)
