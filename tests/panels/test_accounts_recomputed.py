"""The main lines on accounts, computed again from the raw files with pandas and numpy alone."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.estimation import estimated
from analysis.core.rawfiles import ROOT
from analysis.panels import accounts_stacks, accounts_year
from tests.raw import cleaned
from tests.study import STUDY

RAW = ROOT / "data/raw"
BUYERS = ["LGND", "RPRX"]
LINES = ["accounts_rd", "accounts_rd_share", "accounts_cash", "accounts_liabilities", "accounts_liabilities_less", "accounts_revenue"]


@pytest.fixture(scope="module")
def ours():
    """Return the package's rows of the main specification, without draws, by outcome."""
    settings = STUDY["panels"]
    year = accounts_year.build(cleaned("accounts_yearly"), cleaned("accounts_events"), settings["accounts_year"]["settings"])
    stacks = accounts_stacks.build(year, settings["accounts_stacks"]["settings"])
    stacks.attrs["evidence"] = "real"
    specification = dict(STUDY["specifications"]["accounts_stacked"], options={})
    given = {k: v for k, v in specification.items() if k not in ("title", "outcomes", "true_effect")}
    return {
        name: estimated(stacks, "accounts_stacked", given, name, STUDY["outcomes"][name], STUDY["contracts"]["estimate"]).query(
            "term == 'att'"
        )
        for name in LINES
    }


@pytest.fixture(scope="module")
def accounts():
    """Return the yearly accounts with the year of the first event, and the ratios, all from the raw files."""
    table = pd.read_csv(RAW / "accounts_biopharma/sec_accounts_yearly.csv")
    firms = pd.read_csv(RAW / "accounts_biopharma/sec_accounts_firms.csv")
    events = pd.read_csv(RAW / "firm_events/ip_financing_events.csv").merge(firms.dropna(subset=["company"])[["ticker", "company"]])
    complete = {4: "-12-31", 7: "-31", 10: ""}  # later than any day of the month compares alike
    dated = events[events["confidence"].isin(["high", "medium"]) & events["event_date"].notna()].copy()
    dated["until"] = [date + complete[len(date)] for date in dated["event_date"]]
    first = dated.groupby("ticker")["until"].min()
    table["register"] = table["ticker"].isin(events["ticker"])
    cohorts = {
        ticker: after["fiscal_year"].min()
        for ticker, day in first.items()
        if len(after := table[(table["ticker"] == ticker) & (table["period_end"] >= day)])
    }
    table["cohort"] = table["ticker"].map(cohorts)
    table["rd"] = table["rd"].where(table["rd"] >= 0)
    table["assets"] = table["assets"].mask(absurd(table))
    has_tag = table[table["assets"].notna()].groupby("ticker")["liabilities"].apply(lambda own: own.notna().all())
    tagged = table["ticker"].map(has_tag).fillna(False).astype(bool)
    table["debts"] = np.where(tagged, table["liabilities"], table["assets"] - table["equity"])
    table["debts"] = table["debts"].where(table["debts"] >= 0)
    paid = dated[dated["amount_basis"] == "upfront_or_issued"]
    raised = [
        paid.loc[(paid["ticker"] == row.ticker) & (paid["until"] <= row.period_end), "amount_million"].sum() for row in table.itertuples()
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        table["accounts_rd"] = np.log(table["rd"].where(table["rd"] > 0))
        table["accounts_revenue"] = np.log(table["revenue"].where(table["revenue"] > 0))
    table["accounts_cash"] = 100 * table["cash"] / table["assets"]
    table["accounts_liabilities"] = 100 * table["debts"] / table["assets"]
    table["accounts_liabilities_less"] = 100 * (table["debts"] - raised) / table["assets"]
    table["accounts_rd_share"] = 100 * (table["rd"] / table["operating_expenses"]).where(table["operating_expenses"] > 0)
    table["accounts_rd_share"] = table["accounts_rd_share"].where(table["accounts_rd_share"] <= 100)
    return table


def absurd(table):
    """Return where total assets are off by about a thousand: against cash, liabilities, equity, or both neighbours."""
    bad = pd.Series(False, index=table.index)
    limit = 1000**0.5
    for _, rows in table.sort_values("period_end").groupby("ticker"):
        for at, row in rows.iterrows():
            if (
                row["assets"] <= 0
                or row["cash"] > row["assets"]
                or any(abs(row[i]) > limit * row["assets"] for i in ("liabilities", "equity"))
            ):
                bad[at] = True
        for turn in (1, -1):
            own = rows.loc[rows["assets"].notna() & ~bad[rows.index], "assets"] ** turn
            for at, before, here, after in zip(own.index[1:-1], own.iloc[:-2], own.iloc[1:-1], own.iloc[2:], strict=True):
                bad[at] |= here * limit < min(before, after)
    return bad


def members(accounts):
    """Return ticker, year of the stack, tercile and treated of every firm at risk."""
    before = accounts[accounts["assets"].notna()].assign(next=lambda d: d["fiscal_year"] + 1)
    own = before[before["next"] == before["cohort"]]
    low, high = own["assets"].min(), own["assets"].max()
    parts = []
    for year in sorted(own["cohort"].unique()):
        there = before[before["next"] == year]
        # Firms with a later event take part in the terciles, as in the panel; they are no controls.
        later = there["ticker"].isin(own.loc[own["cohort"] > year, "ticker"])
        never = ~there["register"] & ~there["ticker"].isin(BUYERS) & there["assets"].between(low, high)
        treated = there["cohort"] == year
        part = there[treated | never | later].sort_values("ticker").assign(stack=year)
        order = np.argsort(np.argsort(part["assets"].to_numpy(), kind="stable"))
        part = part.assign(third=3 * order // len(part), treated=treated)
        parts.append(part.loc[~later[part.index], ["stack", "ticker", "third", "treated"]])
    return pd.concat(parts, ignore_index=True)


def winsorized(accounts, stacked, name):
    """Return the outcome clipped at the 1st and 99th percentiles of its fiscal year over all rows of the stacks."""
    about = STUDY["outcomes"][name]
    if not about.get("winsorize"):
        return stacked[name]
    years = stacked.groupby("fiscal_year")[name]
    return stacked[name].clip(years.transform("quantile", about["winsorize"]), years.transform("quantile", 1 - about["winsorize"]))


@pytest.mark.parametrize("name", LINES)
def test_the_main_lines_agree_with_a_computation_of_a_page(name, accounts, ours):
    at_risk = members(accounts)
    stacked = at_risk.merge(accounts, on="ticker")
    since = stacked["fiscal_year"] - stacked["stack"]
    stacked = stacked[since.between(-5, 4)].assign(since=since)
    later = accounts.drop_duplicates("ticker").dropna(subset=["cohort"])
    # Winsorizing takes its limits from the whole panel, firms with a later event included.
    waiting = _waiting(accounts, at_risk, later)
    whole = pd.concat([stacked, waiting], ignore_index=True)
    whole["value"] = winsorized(accounts, whole, name)
    stacked = whole[whole["since"].notna() & whole["treated"].notna()]
    base = stacked[stacked["since"] == -1].set_index(["stack", "ticker"])["value"]
    change = stacked["value"] - base.reindex(pd.MultiIndex.from_frame(stacked[["stack", "ticker"]])).to_numpy()
    after = stacked.assign(change=change)[stacked["since"] >= 0].dropna(subset=["change"])
    total, weight = 0.0, 0
    for _, cell in after.groupby(["stack", "third", "since"]):
        on = cell["treated"].astype(bool)
        if on.any() and (~on).any():
            total += on.sum() * (cell.loc[on, "change"].mean() - cell.loc[~on, "change"].mean())
            weight += on.sum()
    assert total / weight == pytest.approx(ours[name]["estimate"].iloc[0], abs=1e-9)


def _waiting(accounts, at_risk, later):
    """Return rows of firms whose event comes after a stack's, before that event, as the panel holds them."""
    parts = []
    assets = accounts[accounts["assets"].notna()]
    can = later[
        [((assets["ticker"] == t) & (assets["fiscal_year"] == g - 1)).any() for t, g in zip(later["ticker"], later["cohort"], strict=True)]
    ]
    for year in at_risk["stack"].unique():
        there = set(assets.loc[assets["fiscal_year"] == year - 1, "ticker"])
        own = accounts[accounts["ticker"].isin(can.loc[can["cohort"] > year, "ticker"]) & accounts["ticker"].isin(there)]
        own = own[(own["fiscal_year"] < own["cohort"]) & (own["fiscal_year"] - year).between(-5, 4)]
        parts.append(own.assign(stack=year, treated=None, since=np.nan))
    return pd.concat(parts, ignore_index=True)
