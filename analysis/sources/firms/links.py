"""Checks across rows and tables: one currency a firm, traits that change, codes that match, dates in their order."""

from __future__ import annotations

import pandas as pd

from analysis.panels._firm_traits import changes
from analysis.sources.firms.findings import Finding
from analysis.sources.firms.headings import plain

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

Tables = dict[str, pd.DataFrame]


def linked(tables: Tables, sources: dict[str, str], findings: list[Finding]) -> Tables:
    """Return the tables without rows that contradict one another; `sources` are the names of each table's files."""
    accounts = _in_one_currency(tables["firm_accounts"], sources["firm_accounts"], findings)
    _note_changes(accounts, sources["firm_accounts"], findings)
    _note_twins(accounts, sources["firm_accounts"], findings)
    made = {"firm_accounts": accounts}
    for table in ("financing_events", "projects"):
        made[table] = _of_known_firms(tables[table], set(accounts["firm_id"]), table, sources[table], findings)
    made["projects"] = _in_order(made["projects"], sources["projects"], findings)
    return made


def _in_one_currency(accounts: pd.DataFrame, source: str, findings: list[Finding]) -> pd.DataFrame:
    """Refuse firms whose currency changes over the years: growth and logs would change with it."""
    changing = accounts.groupby("firm_id")["currency"].transform("nunique") > 1
    for firm, rows in accounts[changing].groupby("firm_id"):
        rule = f"reports in {' and '.join(sorted(rows['currency'].unique()))}; convert to one currency first"
        findings.append(Finding("firm_accounts", "refused", source, rule, column="currency", value=str(firm), count=len(rows)))
    return accounts[~changing].reset_index(drop=True)


def _note_changes(accounts: pd.DataFrame, source: str, findings: list[Finding]) -> None:
    """Note the firms whose traits change over the years: panels keep the value of the base year."""
    for trait, firms in changes(accounts).items():
        rule = "changes over the years of a firm; that of its first year counts; rows: firms; first of them given"
        findings.append(Finding("firm_accounts", "changes", source, rule, column=trait, value=str(firms[0]), count=len(firms)))


def _note_twins(accounts: pd.DataFrame, source: str, findings: list[Finding]) -> None:
    """Warn of what may be one firm under two codes: the same name or the very same figures in the same year."""
    named = accounts.loc[accounts["name"].notna(), ["firm_id", "year", "name"]]
    folded = named["name"].map({name: plain(name) for name in named["name"].unique()})
    by_name = named[named.assign(name=folded).duplicated(["year", "name"], keep=False)].assign(twin=folded)
    money = accounts.loc[:, ["firm_id", "year", "assets", "sales", "currency"]][
        accounts["assets"].notna() & accounts["sales"].notna() & (accounts["sales"] > 0)
    ]
    alike = money.duplicated(["year", "assets", "sales", "currency"], keep=False)
    twins = money[alike]
    by_figures = twins.assign(twin=twins["assets"].astype("string") + "/" + twins["sales"].astype("string"))
    _note_lost_zeros(accounts["firm_id"], source, findings)
    for rows, words in ((by_name, "the same name"), (by_figures, "the same assets and sales")):
        if rows.empty:
            continue
        pairs = rows.groupby(["year", "twin"])["firm_id"].agg(lambda codes: " and ".join(sorted(set(codes))[:3]))
        codes = pairs[pairs.str.contains(" and ")].unique()
        if len(codes):
            rule = (
                f"two codes have {words} in the same year: one firm counts as two unless a file of identifiers (code, firm_id) joins them"
            )
            findings.append(Finding("firm_accounts", "doubtful", source, rule, column="firm_id", value=str(codes[0]), count=len(codes)))


def _note_lost_zeros(codes: pd.Series, source: str, findings: list[Finding]) -> None:
    """Warn of codes that are the same without leading zeros, which spreadsheets drop: 000063 and 63."""
    distinct = pd.Series(codes.unique(), dtype="string")
    bare = distinct.where(distinct.str.fullmatch(r"\d+").fillna(False).astype(bool)).str.lstrip("0")
    alike = bare.notna() & bare.duplicated(keep=False)
    if alike.any():
        pair = " and ".join(sorted(distinct[bare == bare[alike].iloc[0]]))
        rule = "two codes are the same but for leading zeros: write all digits, or join them by a file of identifiers (code, firm_id)"
        findings.append(Finding("firm_accounts", "doubtful", source, rule, column="firm_id", value=pair, count=int(alike.sum())))


def _of_known_firms(rows: pd.DataFrame, firms: set, table: str, source: str, findings: list[Finding]) -> pd.DataFrame:
    """Refuse events and projects of firms without accounts: a code that matches nothing is a mistake or another firm."""
    lost = ~rows["firm_id"].isin(firms)
    for code in rows.loc[lost, "firm_id"]:
        findings.append(Finding(table, "refused", source, "no accounts for this firm", column="firm_id", value=str(code)))
    return rows[~lost].reset_index(drop=True)


def _in_order(rows: pd.DataFrame, source: str, findings: list[Finding]) -> pd.DataFrame:
    """Refuse projects whose dates contradict one another: an end before its start is no spell."""
    bad = pd.Series(False, index=rows.index)
    for early, late in ORDER:
        wrong = (rows[early] > rows[late]).fillna(False).astype(bool)
        for position in rows.index[wrong]:
            rule = f"{late} ({rows.loc[position, late]}) is before {early} ({rows.loc[position, early]})"
            value = str(rows.loc[position, "project_id"])
            findings.append(Finding("projects", "refused", source, rule, column="project_id", value=value))
        bad |= wrong
    return rows[~bad].reset_index(drop=True)
