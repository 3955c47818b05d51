"""Listed issuers: the list, the register and the documents agree; the compilation agrees with filings; cards say how many rows."""

import re

import pandas as pd
import pytest

from analysis.core.rawfiles import ROOT, load
from tests.raw import cleaned, contract


def test_every_issuer_of_the_sample_has_its_deal_in_the_register():
    issuers, register = cleaned("issuers"), load(contract("issuances_world")).set_index("deal_id")
    sample = issuers[issuers["role"] == "issuer"]
    assert len(sample) == 8 and sample["amount_usd_million"].notna().all()
    for _, deal in issuers.dropna(subset=["deal_id"]).iterrows():
        row = register.loc[deal["deal_id"]]
        assert str(row["deal_date"])[:4] == deal["event_date"][:4], deal["firm"]
        if pd.notna(deal["amount_usd_million"]) and pd.notna(row["size_usd_million"]):
            assert deal["amount_usd_million"] <= row["size_usd_million"], deal["firm"]  # the register may add variable funding


def test_documents_are_of_listed_deals_on_their_day():
    issuers, documents = cleaned("issuers").set_index("firm_id"), cleaned("debt_replaced")
    assert (documents["event_date"] == issuers.loc[documents["firm_id"], "event_date"].to_numpy()).all()
    dine = documents.set_index("firm_id").loc["DIN"]
    assert dine["rate_replaced_pct"] == pytest.approx((761 * 9.5 + 464 * 3.75) / (761 + 464), abs=0.01)
    assert dine["market_share_change"] == pytest.approx(100 * 464 / (761 + 464))


def test_the_card_counts_the_rows_that_are_there():
    card = (ROOT / "data/raw/accounts_securitizers/README.md").read_text()
    for name, rows in re.findall(r"`(\w+\.csv)` \| `\w+` \| (\d+) \|", card):
        assert len(pd.read_csv(ROOT / "data/raw/accounts_securitizers" / name)) == int(rows), name


def test_the_compilation_agrees_with_filings():
    checks = cleaned("accounts_checks").groupby("item")[["compared", "agree", "near"]].sum()
    assert (checks["compared"] > 60).all()
    assert checks.loc["total_assets", "near"] / checks.loc["total_assets", "compared"] > 0.95
    assert (
        checks.loc[["net_income", "dividends", "revenue"], "agree"] / checks.loc[["net_income", "dividends", "revenue"], "compared"] > 0.8
    ).all()


def test_accounts_printed_in_thousands_are_left_out():
    accounts = cleaned("issuer_accounts")
    assert accounts["assets"].min() > 5
    assert not ((accounts["firm_id"] == "RAVE") & (accounts["fiscal_year"] < 2013)).any()
    assert (accounts.groupby("firm_id")["group"].nunique() == 1).all()
