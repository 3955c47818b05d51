"""Numbers about listed issuers that the text quotes and no specification estimates."""

import pandas as pd

from analysis.exhibits.tables._left_out import TERM
from analysis.exhibits.tables.issuer_deals import paid_out

# A deal that paid out more of what it raised resembles a leveraged recapitalization.
RECAPITALIZED = 1 / 3


def count(
    issuers: pd.DataFrame,
    issuer_stacks: pd.DataFrame,
    accounts_checks: pd.DataFrame,
    issuer_leave_one_out: pd.DataFrame,
    debt_replaced: pd.DataFrame,
) -> dict:
    """Return counts of firms and of deals that paid out, agreement of the accounts with filings, and effects without each issuer."""
    own = issuer_stacks[issuer_stacks["own_group"]]
    treated = issuer_stacks[issuer_stacks["treated"]]
    payouts = paid_out(issuers, issuer_stacks).dropna()
    checks = accounts_checks.groupby("item")[["compared", "agree"]].sum()
    found = {
        "n_listed": len(issuers),
        "n_issuers": int(treated["firm_id"].nunique()),
        "n_first_time": int(treated.loc[treated["first_time"], "firm_id"].nunique()),
        "n_restaurants": int(treated.loc[treated["issuer_group"] == "restaurant", "firm_id"].nunique()),
        "n_controls": int(issuer_stacks.loc[~issuer_stacks["treated"], "firm_id"].nunique()),
        "n_own_controls": int(own.loc[~own["treated"], "firm_id"].nunique()),
        "n_documented": len(debt_replaced),
        "n_payouts": len(payouts),
        "n_recapitalized": int((payouts > RECAPITALIZED).sum()),
        "raised_billion": float(issuers.loc[issuers["role"] == "issuer", "amount_usd_million"].sum()) / 1000,
        **{
            f"share_agree_{item}": float(checks.loc[item, "agree"] / checks.loc[item, "compared"])
            for item in ("total_assets", "revenue", "dividends", "buybacks")
        },
    }
    for outcome in ("issuer_interest", "issuer_debt_revenue", "issuer_payouts"):
        alone = issuer_leave_one_out[(issuer_leave_one_out["outcome"] == outcome) & (issuer_leave_one_out["term"] == TERM)]["estimate"]
        found |= {f"{outcome}_without_low": float(alone.min()), f"{outcome}_without_high": float(alone.max())}
    return found
