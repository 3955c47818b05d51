"""Each deal of a listed issuer: what it raised, what it replaced and at what rate, and what was paid out and invested."""

from __future__ import annotations

import pandas as pd

from analysis.exhibits.cells import count, number
from analysis.exhibits.display import Table

YEARS = (0, 1)  # fiscal years of the deal over which payouts and investment are added


def layout(issuers: pd.DataFrame, debt_replaced: pd.DataFrame, issuer_stacks: pd.DataFrame) -> Table:
    """Return one row per deal, first those of the sample, then those whose documents alone are used."""
    documents = debt_replaced.set_index("firm_id")
    sample = issuers[issuers["role"] == "issuer"].sort_values("event_date")
    others = issuers[issuers["firm_id"].isin(documents.index) & (issuers["role"] != "issuer")].sort_values("event_date")
    rows = [_line(deal, documents, issuer_stacks) for _, deal in sample.iterrows()]
    rows += [_line(deal, documents, issuer_stacks) for _, deal in others.iterrows()]
    data = issuers.merge(debt_replaced.drop(columns=["event_date", "source_url"]), on="firm_id", how="left")
    return Table(
        pd.DataFrame(rows).fillna(""), data=data, rules=(len(sample),), widths={"Issuer": "1fr", "Replaced": "1.2fr", "Paid with it": "1fr"}
    )


def _line(deal: pd.Series, documents: pd.DataFrame, stacks: pd.DataFrame) -> dict:
    line = {"Issuer": deal["firm"], "Deal": deal["event_date"], "Raised": count(deal["amount_usd_million"])}
    if deal["firm_id"] in documents.index:
        paper = documents.loc[deal["firm_id"]]
        line |= {
            "Replaced": paper["what_was_replaced"],
            "Rate": _arrow(number(paper["rate_replaced_pct"], 1), number(paper["coupon_pct"], 1)),
            "Rating": _arrow(*("" if pd.isna(paper[name]) else str(paper[name]) for name in ("rating_before", "rating_notes"))),
            "Paid with it": "" if pd.isna(paper["paid_out"]) else str(paper["paid_out"]),
        }
    own = stacks[(stacks["stack"] == deal["firm_id"]) & stacks["treated"]].set_index("event_time")
    if own.empty:
        return line
    debt = [own["debt_to_revenue"].get(when, float("nan")) for when in (-1, 1)]
    return line | {
        "Debt to revenue, %": _arrow(*(number(value, 0) for value in debt)),
        "Paid out": number(_over(own["payouts_per_dollar"]), 2),
        "Invested": number(_over(own["capex_per_dollar"]), 2),
    }


def paid_out(issuers: pd.DataFrame, stacks: pd.DataFrame) -> pd.Series:
    """Return what each deal of the sample paid out, dollars per dollar raised, as the table prints it; NaN where accounts lack a year."""
    own = stacks[stacks["treated"] & (stacks["stack"] == stacks["firm_id"])]
    deals = issuers.loc[issuers["role"] == "issuer", "firm_id"]
    return pd.Series({deal: _over(own[own["stack"] == deal].set_index("event_time")["payouts_per_dollar"]) for deal in deals})


def _over(flow: pd.Series) -> float:
    """Return what flowed in the two years from the deal above twice the year before, per dollar raised."""
    return float(sum(flow.get(when, float("nan")) for when in YEARS) - len(YEARS) * flow.get(-1, float("nan")))


def _arrow(before: str, after: str) -> str:
    return f"{before or '?'} → {after or '?'}" if before or after else ""
