"""What the R&D Scoreboard says of the accounts: how far R&D agrees, and who survived."""

import pandas as pd

AGREES = 0.02


def count(accounts_scoreboard: pd.DataFrame, accounts_survival: pd.DataFrame) -> dict:
    """Return firm-years in both sources and how many agree, and by what share the treated survived more often than controls."""
    gap = accounts_scoreboard["difference"].abs()
    rates = accounts_survival.assign(survived=accounts_survival["survived"].astype(float)).groupby(["stack", "treated"])["survived"]
    shares, firms = rates.mean().unstack(), rates.size().unstack()
    # Controls stand for the treated of their stack.
    weights = firms[True].fillna(0)
    treated, controls = (float((shares[side].fillna(0) * weights).sum() / weights.sum()) for side in (True, False))
    return {
        "n_firm_years": len(accounts_scoreboard),
        "n_firms": int(accounts_scoreboard["ticker"].nunique()),
        "share_agree": float((gap <= AGREES).mean()),
        "share_larger": float((accounts_scoreboard.loc[gap > AGREES, "difference"] > 0).mean()),
        "n_survival_treated": int(weights.sum()),
        "survived_treated": treated,
        "survived_controls": controls,
        "excess": 1 - controls / treated,
    }
