"""Terms of deals by jurisdiction and kind, as far as sources report them."""

import pandas as pd

from analysis.exhibits.cells import count, number
from analysis.exhibits.display import Table

GROUPS = {
    "China": lambda d: d["market"] == "China",
    "US, rights alone": lambda d: (d["jurisdiction"] == "US") & ~d["whole_business"],
    "US, whole business": lambda d: (d["jurisdiction"] == "US") & d["whole_business"],
    "Japan": lambda d: d["jurisdiction"] == "JP",
    "Other": lambda d: (d["market"] == "World") & ~d["jurisdiction"].isin(["US", "JP"]),
}
TERMS = {"size_usd_million": ("Size (m US dollars)", 0), "coupon_pct": ("Coupon (%)", 2), "tenor_years": ("Tenor (years)", 1)}


def layout(issuances: pd.DataFrame) -> Table:
    """Return median and quartiles with the number of deals behind them, structures and outcomes."""
    deals = issuances[issuances["securitization"]]
    groups = {name: deals[rule(deals)] for name, rule in GROUPS.items()}
    rows = [{"": "Deals"} | {name: count(len(group)) for name, group in groups.items()}]
    for column, (label, digits) in TERMS.items():
        rows.append({"": f"{label}: median"} | {name: number(group[column].median(), digits) for name, group in groups.items()})
        rows.append({"": "quartiles"} | {name: _quartiles(group[column], digits) for name, group in groups.items()})
        rows.append({"": "deals with the term"} | {name: count(group[column].notna().sum()) for name, group in groups.items()})
    rows.append({"": "Commonest structure"} | {name: _commonest(group["structure"]) for name, group in groups.items()})
    rows.append(
        {"": "Outside enhancement reported"}
        | {name: count(group["enhancement"].notna().sum()) if name == "China" else "not coded" for name, group in groups.items()}
    )
    rows.append(
        {"": "Outcome: repaid / early-amortised / not reported"} | {name: _outcomes(group["outcome"]) for name, group in groups.items()}
    )
    return Table(pd.DataFrame(rows), rules=(1, 4, 7, 10), widths={"": "1fr"})


def _quartiles(values: pd.Series, digits: int) -> str:
    known = values.dropna()
    return "" if len(known) < 4 else f"{number(known.quantile(0.25), digits)}–{number(known.quantile(0.75), digits)}"


def _commonest(values: pd.Series) -> str:
    counts = values.value_counts()
    return "" if counts.empty else f"{counts.index[0]} ({counts.iloc[0]})"


def _outcomes(values: pd.Series) -> str:
    return " / ".join(str((values == outcome).sum()) for outcome in ("repaid", "early-amortised", "not reported"))
