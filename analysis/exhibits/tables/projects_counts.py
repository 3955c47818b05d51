"""Orphan drugs: approvals of sponsors by year around the event, and money raised before the first approval."""

import pandas as pd

from analysis.exhibits.cells import count, interval, percent, select_one
from analysis.exhibits.display import Table
from analysis.exhibits.tables._ratios import COUNTS, effect_cells

SHARE = "share"
YEARS = {
    "before_5": "five years before or more", "before_4": "four years before", "before_3": "three years before", "before_2": "two years before",
    "after_0": "year of the event", "after_1": "a year after", "after_2": "two years after", "after_3": "three years after",
    "after_4": "four years after", "after_5": "five years after or more",
}  # fmt: skip


def layout(
    sponsor_counts: pd.DataFrame,
    sponsor_counts_donut: pd.DataFrame,
    sponsor_counts_by_year: pd.DataFrame,
    royalty_before_approval: pd.DataFrame,
    royalty_before_approval_most: pd.DataFrame,
    royalty_money: pd.DataFrame,
    outcomes: dict,
) -> Table:
    """Return ratios of yearly approvals, by years since the event, and shares of firms and of money."""
    rows: list[dict] = [{"": "Yearly approvals after the year of the event (sponsor and year effects)"}]
    for name in ("sponsor_approvals", "sponsor_licences"):
        for words, table in (("", sponsor_counts), (", without the year of the event", sponsor_counts_donut)):
            rows.append(effect_cells(outcomes[name]["label"] + words, select_one(table, outcome=name, term="exposed"), COUNTS))
    second = len(rows)
    rows.append({"": "Orphan approvals against the year before the event"})
    rows += [effect_cells(words, select_one(sponsor_counts_by_year, term=term), COUNTS) for term, words in YEARS.items()]
    third = len(rows)
    rows.append({"": "Raised before the first listed approval"})
    for words, table in (
        ("Firms, of those with a listed approval", royalty_before_approval),
        ("Firms, those without one counted as before", royalty_before_approval_most),
    ):
        row = select_one(table, term="share")
        cells = {
            "": words,
            "Scale": SHARE,
            "Estimate": percent(row["estimate"]),
            "95 % interval": _percent(row),
            "Units": count(row["n_obs"]),
        }
        rows.append(cells)
    paid = royalty_money.dropna(subset=["paid_million"])
    for words, part, before in (
        ("Money, of firms with a listed approval", paid[paid["before"] != "no listed approval"], "before"),
        ("Money, firms without one counted as before", paid, "before_or_none"),
    ):
        early = part["before"].eq("before") if before == "before" else part["before_or_none"].eq("yes")
        share = part.loc[early, "paid_million"].sum() / part["paid_million"].sum()
        rows.append({"": words, "Scale": SHARE, "Estimate": percent(share), "Units": count(len(part))})
    data = pd.concat([sponsor_counts, sponsor_counts_donut, sponsor_counts_by_year, royalty_before_approval, royalty_before_approval_most])
    frame = pd.DataFrame(rows).fillna("").drop(columns="Change")
    return Table(frame, data=data.reset_index(drop=True), bold=(0, second, third), widths={"": "1fr"})


def _percent(row: pd.Series) -> str:
    return interval(100 * row["ci_low"], 100 * row["ci_high"], 0) + " %" if pd.notna(row["ci_low"]) else ""
