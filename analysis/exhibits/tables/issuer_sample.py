"""Listed issuers: from the list of deals to the sample, and how issuers differ from their controls in the year before."""

from __future__ import annotations

import pandas as pd

from analysis.exhibits.cells import count, number
from analysis.exhibits.display import Table

WHY = {
    "before the accounts": "less: had issued before their accounts begin",
    "too short": "less: too few years with accounts",
    "no accounts": "less: no accounts at hand",
    "earlier": "less: repaid before the accounts",
    "patent royalties": "less: patent royalties, no comparable firms here",
}
SHOWN = {
    "revenue": ("Revenue (million dollars)", 0),
    "debt_to_revenue": ("Debt to revenue (%)", 0),
    "debt_to_assets": ("Debt to assets (%)", 0),
    "interest_to_debt": ("Interest to average debt (%)", 1),
    "sales_to_assets": ("Sales to assets (%)", 0),
    "return_on_assets": ("Operating return on assets (%)", 1),
    "tobin_q": ("Tobin's q", 1),
}


def layout(issuers: pd.DataFrame, issuer_stacks: pd.DataFrame) -> Table:
    """Return the flow of firms, then N and means of issuers and of controls of their group, and their normalized difference."""
    own = issuer_stacks[issuer_stacks["own_group"]]
    treated = issuer_stacks[issuer_stacks["treated"]].drop_duplicates("firm_id")
    rows = [{"": "Firms on the list of issuers", "N": count(len(issuers))}]
    rows += [{"": why, "N": f"\N{MINUS SIGN}{count((issuers['role'] == role).sum())}"} for role, why in WHY.items()]
    groups = ", ".join(f"{n} {group.replace('_', ' and ')}" for group, n in treated["issuer_group"].value_counts().items())
    rows += [
        {"": f"Issuers with two years of accounts on both sides ({groups})", "N": count(len(treated))},
        {"": "Firms without a deal, of any group", "N": count(issuer_stacks.loc[~issuer_stacks["treated"], "firm_id"].nunique())},
        {"": "of the issuers' own groups, observed in the year before a deal", "N": count(own.loc[~own["treated"], "firm_id"].nunique())},
    ]
    flow = len(rows)
    rows.append({"": "In the year before the deal (controls once in every stack)"})
    before = own[own["event_time"] == -1]
    for column, (label, digits) in SHOWN.items():
        ours, theirs = (before.loc[before["treated"] == side, column].dropna() for side in (True, False))
        spread = ((ours.var() + theirs.var()) / 2) ** 0.5
        rows.append(
            {
                "": label,
                "N": count(len(ours)),
                "Issuers": number(ours.mean(), digits),
                "Controls": number(theirs.mean(), digits),
                "Difference": number((ours.mean() - theirs.mean()) / spread, 2),
            }
        )
    return Table(pd.DataFrame(rows).fillna(""), data=before, bold=(flow,), widths={"": "1fr"})
