"""The register of issues in numbers."""

import pandas as pd

from analysis.exhibits.cells import count, number
from analysis.exhibits.display import Table

JURISDICTIONS = {"US": "United States", "JP": "Japan", "CN": "China"}


def layout(issuances: pd.DataFrame) -> Table:
    """Return counts and volumes by jurisdiction; volumes count the first sized issue of each pool only."""
    deals = issuances[issuances["securitization"]]
    place = deals["jurisdiction"].map(JURISDICTIONS).fillna("Other")
    groups = [(name, deals[place == name]) for name in (*JURISDICTIONS.values(), "Other")] + [("All", deals)]
    rows = {
        "Deals": lambda d: count(len(d)),
        "First and last year": lambda d: f"{int(d['year'].min())}–{int(d['year'].max())}",
        "Collateral pools": lambda d: count(d["collateral_pool"].nunique()),
        "of deals: whole business": lambda d: count(d["whole_business"].sum()),
        "of deals: year inferred or unknown": lambda d: count((d["year_basis"] != "stated").sum()),
        "Deals with a size": lambda d: count(d["size_usd_million"].notna().sum()),
        "Sum of sizes (bn US dollars), refinancings counted again": lambda d: number(d["size_usd_million"].sum() / 1000, 2),
        "Sum of sizes (bn US dollars), each pool once": lambda d: number(first_sizes(d).sum() / 1000, 2),
        "same, without whole-business deals": lambda d: number(first_sizes(d[~d["whole_business"]]).sum() / 1000, 2),
        "Deals with a coupon": lambda d: count(d["coupon_pct"].notna().sum()),
        "Deals with an outcome reported": lambda d: count((d["outcome"] != "not reported").sum()),
        "Deals assessed for green use of proceeds": lambda d: count((d["green"] != "not assessed").sum()),
        "Deals on whose figures sources disagree": lambda d: count(d["source_def"].notna().sum()),
    }
    frame = pd.DataFrame([{"": label} | {name: cell(group) for name, group in groups} for label, cell in rows.items()])
    return Table(frame, widths={"": "1fr"})


def first_sizes(deals: pd.DataFrame) -> pd.Series:
    """Return the dollar size of the earliest sized issue of each pool."""
    return deals.dropna(subset=["size_usd_million"]).sort_values("pool_order").drop_duplicates("collateral_pool")["size_usd_million"]
