"""Rows of all files → one table: a record counts once, the latest filing counts, sources in their order of precedence."""

from __future__ import annotations

import pandas as pd

from analysis.sources.firms.findings import Finding, Notebook
from analysis.sources.firms.grid import EMPLOYEES, FILE, ROW
from analysis.sources.firms.interim import END
from analysis.sources.firms.recognition import Match

# Figures of two sources are the same when they differ by less: rounding of exports.
TOLERANCE = 0.005
# Factors between units of money that people take for one another.
UNITS = (1e2, 1e3, 1e4, 1e6)
# Cells that two sources share, and the share of them that differs by one such factor, from which the second is in another unit.
SHARED, NEARLY_ALL = 3, 0.9
PREFER = "(prefer) "


def once(rows: pd.DataFrame, key: list[str], prefer: dict[str, list], book: Notebook) -> pd.DataFrame:
    """Return one row per key: the same record twice counts once, of several filings the latest; else all are refused.

    `prefer` names columns and their values in order: where rows of a key differ in them, the first value counts.
    """
    book.names = rows.get(FILE, None)
    own = [column for column in rows.columns if column not in (ROW, FILE, EMPLOYEES, END) and not column.startswith(PREFER)]
    rows = _preferred(rows, key, prefer, book)
    same = rows.duplicated(own, keep="first")
    if same.any():
        rule = "the same record again; it counts once"
        book.note("duplicate", rule, count=int(same.sum()))
        book.leave_out(rule, same)
    rows = _latest(rows[~same], key, book)
    twice = rows.duplicated(key, keep=False)
    if twice.any():
        rule = "the same key with other figures, and nothing says which counts"
        shown = rows.loc[twice, key].astype("string").fillna("").agg(", ".join, axis=1)
        book.place("refused", rule, rows.index[twice], rows[ROW], ", ".join(key), shown)
        book.leave_out(rule, twice)
    return rows[~twice].drop(columns=[column for column in rows if column.startswith(PREFER)])


def _preferred(rows: pd.DataFrame, key: list[str], prefer: dict[str, list], book: Notebook) -> pd.DataFrame:
    for column, order in prefer.items():
        if PREFER + column not in rows:
            continue
        ranks = rows[PREFER + column].astype("string").str.replace(r"\.0$", "", regex=True).map({str(v): i for i, v in enumerate(order)})
        best = ranks.fillna(len(order)).groupby([rows[name] for name in key], dropna=False).transform("min")
        later = ranks.fillna(len(order)) > best
        if later.any():
            rule = f"beside a row of the same key whose '{column}' comes first in {', '.join(map(str, order))}"
            book.note("filtered", rule, column=column, count=int(later.sum()))
            book.leave_out(rule, later)
        rows = rows[~later]
    return rows


def _latest(rows: pd.DataFrame, key: list[str], book: Notebook) -> pd.DataFrame:
    if "filed" not in rows or not rows["filed"].notna().any():
        return rows
    ordered = rows.sort_values([*key, "filed"], kind="stable", na_position="first")
    newest = ordered.groupby(key, dropna=False)["filed"].transform("last")  # the latest; "max" of words takes one call per firm
    older = ordered["filed"].notna() & (ordered["filed"] < newest)
    if older.any():
        rule = "an earlier filing of the same firm and year; the latest counts"
        book.note("restated", rule, count=int(older.sum()))
        book.leave_out(rule, older)
    return ordered[~older].sort_index()


def combined(table: str, parts: list[tuple[Match, pd.DataFrame]], adapters: dict, contract: dict, findings: list[Finding]) -> pd.DataFrame:
    """Return the rows of all files in one table: by precedence of their adapters, cell by cell; differences are conflicts."""
    key, columns = contract["key"], list(contract["columns"])
    filled = [part for part in parts if len(part[1])]
    ordered = sorted(filled, key=lambda part: (adapters[part[0].adapter]["precedence"], part[0].path.name, part[0].name))
    merged: pd.DataFrame | None = None
    for match, rows in ordered:
        indexed = rows.drop(columns=[ROW, FILE, EMPLOYEES, END], errors="ignore").set_index(key)
        indexed = indexed.assign(source=pd.Series(match.adapter, index=indexed.index, dtype="string"))
        merged = indexed if merged is None else _laid_over(merged, indexed, table, match, findings)
    if merged is None:
        merged = pd.DataFrame(columns=[c for c in columns if c not in key], index=pd.MultiIndex.from_arrays([[]] * len(key), names=key))
    full = merged.reset_index().reindex(columns=columns)
    for name, rule in contract["columns"].items():
        kind = {"number": "float64", "integer": "Int64", "boolean": "boolean"}.get(rule["type"], "string")
        full[name] = full[name].astype(kind)
    return _complete(full, table, contract, findings).sort_values(key, ignore_index=True)


def _complete(full: pd.DataFrame, table: str, contract: dict, findings: list[Finding]) -> pd.DataFrame:
    """Return the rows with all that the contract asks for.

    Files that only add columns (patents, say) name no currency of their own: where no other file has accounts of that year
    there is no money and nothing to refuse.
    """
    rules, key = contract["columns"], contract["key"]
    required = [name for name, rule in rules.items() if rule.get("required")]
    blank = full[required].isna()
    incomplete = blank.any(axis=1)
    money = [name for name, rule in rules.items() if rule.get("unit") == "million"]
    idle = incomplete & full[money].isna().all(axis=1) & (blank.sum(axis=1) == 1) & blank.get("currency", False)
    if idle.any():
        rule = "no accounts of this firm in this year: nothing but traits"
        findings.append(Finding(table, "filtered", "all files", rule, column=", ".join(key), count=int(idle.sum())))
    for position in full.index[incomplete & ~idle][:1000]:
        lacks = [name for name in required if blank.loc[position, name]]
        value = ", ".join(str(v) for v in full.loc[position, key])
        findings.append(Finding(table, "refused", "all files", f"no file gives {', '.join(lacks)}", column=", ".join(key), value=value))
    return full[~incomplete]


def _laid_over(first: pd.DataFrame, second: pd.DataFrame, table: str, match: Match, findings: list[Finding]) -> pd.DataFrame:
    second = _same_currency(first, second, table, match, findings)
    both = first.index.intersection(second.index)
    for name in second.columns.intersection(first.columns).drop(["source", "filed"], errors="ignore"):
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
            by_unit = _by_unit(a[differ], b[differ])
            # Its other rows, which nothing is held against, are in that unit too.
            kind = "refused" if by_unit and differ.sum() >= max(SHARED, NEARLY_ALL * known.sum()) else "conflict"
            findings.append(Finding(table, kind, match.name, rule + by_unit, column=name, value=str(b[at]), count=int(differ.sum())))
    merged = first.combine_first(second)
    names = first.loc[both, "source"].astype(str)
    adds = ~names.str.split("+").map(lambda parts: match.adapter in parts).astype(bool)
    merged.loc[both, "source"] = names.where(~adds, names + "+" + match.adapter).astype("string")
    return merged


def _by_unit(a: pd.Series, b: pd.Series) -> str:
    """Return a hint where the figures of two sources differ by the factor between two units of money."""
    if not pd.api.types.is_float_dtype(a.dtype):
        return ""
    ratio = (b / a.where(a != 0)).abs().median()
    for factor in UNITS:
        for one in (factor, 1 / factor):
            if abs(ratio / one - 1) < 0.05:
                return f"; they differ by {one:,g}, as two units of money do"
    return ""


def _same_currency(first: pd.DataFrame, second: pd.DataFrame, table: str, match: Match, findings: list[Finding]) -> pd.DataFrame:
    """Return the second source without rows whose money is in another currency: their cells may not fill blanks."""
    if "currency" not in first or "currency" not in second:
        return second
    both = first.index.intersection(second.index)
    a, b = first.loc[both, "currency"], second.loc[both, "currency"]
    differ = (a.notna() & b.notna() & (a.astype("string") != b.astype("string"))).fillna(False)
    if differ.any():
        rule = "another currency than that of the source that takes precedence; these rows are left out"
        findings.append(Finding(table, "conflict", match.name, rule, column="currency", count=int(differ.sum())))
    return second.drop(index=both[differ.to_numpy(bool)])
