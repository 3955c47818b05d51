"""Numbers about firms with accounts that the text quotes."""

import pandas as pd

from analysis.exhibits.tables._left_out import TERM

SEVERAL_YEARS = 2  # on each side of the event
RESTATED = 0.01


def count(
    accounts_yearly: pd.DataFrame,
    accounts_year: pd.DataFrame,
    accounts_stacks: pd.DataFrame,
    accounts_leave_one_out: pd.DataFrame,
    accounts_family: pd.DataFrame,
) -> dict:
    """Return counts of firms and years, how much R&D was restated, and the span of the effect on R&D without single risk sets."""
    treated = accounts_year[accounts_year["eligible"]]
    since = treated["fiscal_year"] - treated["cohort"]
    sides = pd.DataFrame({"before": (since < 0), "after": (since >= 0)}).groupby(treated["ticker"]).sum()
    both = accounts_yearly.dropna(subset=["rd", "rd_first_filed"]).query("rd_first_filed > 0")
    change = (both["rd"] / both["rd_first_filed"] - 1).abs()
    own = accounts_leave_one_out[(accounts_leave_one_out["outcome"] == "accounts_rd") & (accounts_leave_one_out["term"] == TERM)]
    kinds = accounts_stacks.groupby("control_kind")["ticker"].nunique()
    return {
        "n_firms": int(accounts_year["ticker"].nunique()),
        "n_rows": len(accounts_year),
        "n_listed": int(accounts_year.loc[accounts_year["listed"], "ticker"].nunique()),
        "n_treated": int(treated["ticker"].nunique()),
        "n_both_sides": int((sides >= SEVERAL_YEARS).all(axis=1).sum()),
        "n_controls": int(kinds["never_listed"]),
        "n_vehicles": int(treated.loc[treated["vehicle"], "ticker"].nunique()),
        "n_family": int(accounts_family["term"].nunique()),
        "share_restated": float((change > RESTATED).mean()),
        "without_low": float(own["estimate"].min()),
        "without_high": float(own["estimate"].max()),
    }
