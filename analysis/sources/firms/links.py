"""Checks across rows and tables: one currency a firm, traits that change, codes that match, dates in their order."""

from __future__ import annotations

import pandas as pd

from analysis.panels._firm_traits import changes
from analysis.sources.firms.findings import Finding
from analysis.sources.firms.headings import plain
from analysis.sources.firms.policies import DROP, REFUSE

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
# Times its largest assets that no deal of a firm is worth, that few are, and that the median of several deals is not.
BEYOND, MUCH, MEDIAN = 20, 1.5, 0.5
FEWEST = 2

Tables = dict[str, pd.DataFrame]


def linked(tables: Tables, sources: dict[str, str], findings: list[Finding], magnitude: str = REFUSE) -> Tables:
    """Return the tables without rows that contradict one another; `sources` are the names of each table's files.

    `magnitude` is the policy for amounts that seem to be in another unit.
    """
    accounts = _in_one_currency(tables["firm_accounts"], sources["firm_accounts"], findings)
    _note_changes(accounts, sources["firm_accounts"], findings)
    _note_twins(accounts, sources["firm_accounts"], findings)
    made = {"firm_accounts": accounts}
    for table in ("financing_events", "projects"):
        made[table] = _of_known_firms(tables[table], set(accounts["firm_id"]), table, sources[table], findings)
    made["financing_events"] = _once_a_day(made["financing_events"], sources["financing_events"], findings)
    made["financing_events"] = _in_firms_currency(made["financing_events"], accounts, sources["financing_events"], findings)
    made["financing_events"] = _of_a_firms_size(made["financing_events"], accounts, sources["financing_events"], magnitude, findings)
    _note_untimely(made["financing_events"], accounts, sources["financing_events"], findings)
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
    """Warn of codes that are the same but for marks (F1, f-1) or leading zeros, which spreadsheets drop (000063, 63)."""
    distinct = pd.Series(codes.unique(), dtype="string")
    folded = distinct.map(plain).str.replace(r"[\W_]", "", regex=True).astype("string")
    same = folded.duplicated(keep=False) & folded.ne("")
    if same.any():
        pair = " and ".join(sorted(distinct[folded == folded[same].iloc[0]]))
        rule = (
            "two codes are the same but for case, spaces or marks: write them alike, or join them by a file of identifiers (code, firm_id)"
        )
        findings.append(Finding("firm_accounts", "doubtful", source, rule, column="firm_id", value=pair, count=int(same.sum())))
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


def _once_a_day(events: pd.DataFrame, source: str, findings: list[Finding]) -> pd.DataFrame:
    """Return the events without those that repeat another of the same firm and day in all but the code; ask about those with other amounts."""
    deal = ["firm_id", "date", "instrument"]
    again = events.duplicated([*deal, "amount", "currency", "underlying"])
    if again.any():
        rule = "the same event under another code (firm, day, instrument and amount are the same); it counts once"
        shown = ", ".join(events.loc[again, ["event_id", "firm_id", "date"]].iloc[0])
        findings.append(Finding("financing_events", "duplicate", source, rule, column="event_id", value=shown, count=int(again.sum())))
    events = events[~again].reset_index(drop=True)
    alike = events.duplicated(deal, keep=False)
    if alike.any():
        rule = "events of one firm, day and instrument with other amounts: parts of one deal, or one deal twice? Each counts"
        shown = ", ".join(events.loc[alike, "event_id"].head(2))
        findings.append(Finding("financing_events", "doubtful", source, rule, column="event_id", value=shown, count=int(alike.sum())))
    return events


def _in_firms_currency(events: pd.DataFrame, accounts: pd.DataFrame, source: str, findings: list[Finding]) -> pd.DataFrame:
    """Return the events with amounts in the currency of the firm's accounts; another's are blank: they would be compared with its debt."""
    own = events["firm_id"].map(accounts.drop_duplicates("firm_id").set_index("firm_id")["currency"])
    other = (events["amount"].notna() & (events["currency"] != own).fillna(False)).astype(bool)
    if other.any():
        first = events[other].iloc[0]
        rule = f"an amount in {first['currency']} of a firm whose accounts are in {own[other].iloc[0]}: convert it; the amount is left blank, the event counts"
        value = f"{first['event_id']}, {first['amount']:,g}"
        findings.append(Finding("financing_events", "blanked", source, rule, column="amount", value=value, count=int(other.sum())))
    return events.assign(amount=events["amount"].mask(other), currency=events["currency"].mask(other))


def _of_a_firms_size(events: pd.DataFrame, accounts: pd.DataFrame, source: str, magnitude: str, findings: list[Finding]) -> pd.DataFrame:
    """Return the events without those whose amounts are many times all that the firm ever had; amounts above its assets are asked about.

    The largest assets of any year are compared: an amount may come before the firm's growth.
    """
    assets = events["firm_id"].map(accounts.groupby("firm_id")["assets"].max())
    times = (events["amount"] / assets.where(assets > 0)).astype("float64").fillna(0.0)
    kind = {REFUSE: "refused", DROP: "dropped"}.get(magnitude, "doubtful")
    beyond = times > BEYOND
    for mask, how, words in (
        (beyond, kind, "of the firm: the amount seems to be in another unit; write it in million, or correct the assets"),
        (~beyond & (times > MUCH), "doubtful", "of the firm: is the amount in million?"),
    ):
        for position in events.index[mask][:1000]:
            rule = f"{times[position]:,.3g} times the largest assets {words}"
            value = f"{events.loc[position, 'event_id']}, {events.loc[position, 'amount']:,g}"
            findings.append(Finding("financing_events", how, source, rule, column="amount", value=value))
    weighed = times[times > 0]
    if len(weighed) >= FEWEST and MEDIAN < weighed.median() <= MUCH:
        rule = f"{weighed.median():.2g} times the largest assets of the firm in the median: are the amounts in million?"
        findings.append(Finding("financing_events", "doubtful", source, rule, column="amount", count=len(weighed)))
    return events if kind == "doubtful" else events[~beyond].reset_index(drop=True)


def _note_untimely(events: pd.DataFrame, accounts: pd.DataFrame, source: str, findings: list[Finding]) -> None:
    """Note events before the firm was founded, before its first accounts (treated throughout) and after its last (never treated)."""
    if events.empty:
        return
    of = accounts.groupby("firm_id").agg(founded=("founded", "min"), first=("year", "min"), last=("year", "max")).reindex(events["firm_id"])
    year = events["date"].str[:4].astype("Int64").to_numpy()
    early = (of["founded"] > year).fillna(False).to_numpy(bool)
    for mask, rule in (
        (early, "before the year in which the firm was founded: another firm, or a wrong date?"),
        (~early & (of["first"] > year).to_numpy(bool), "before the firm's first accounts: the firm has no year before its event"),
        ((of["last"] < year).to_numpy(bool), "after the firm's last accounts: the firm has no year after its event"),
    ):
        if mask.any():
            shown = f"{events['event_id'][mask].iloc[0]}, {events['date'][mask].iloc[0]}"
            findings.append(Finding("financing_events", "doubtful", source, rule, column="date", value=shown, count=int(mask.sum())))


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
