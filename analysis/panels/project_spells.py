"""Projects from filing to first sale, exposed if filed after the firm's first issue: fixed at the start, no immortal time.

A project under way when its firm issues is cut off at the start of the year of the issue: what follows belongs to neither
group, and its end is censored as if observation had stopped. The whole year goes, because a sale known only by year would
else be cut off because it happened, which censoring must not know.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.panels._firm_traits import fixed_traits
from analysis.panels._issuers import first_issues
from analysis.panels._months import months_between


def build(projects: pd.DataFrame, financing_events: pd.DataFrame, firm_accounts: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per project with a filing date; durations in months. See config/tables/project_spells.yaml."""
    spells = dated(projects, financing_events, firm_accounts, settings)
    underway = (spells["filing_date"] < spells["first_issue"]).fillna(False).astype(bool)
    cut = spells["months_to_year_of_issue"].where(underway, np.inf).to_numpy(float)
    # A sale whose interval runs over the cut stays an interval: cutting it off because it happened would inform censoring.
    sold = spells["months_sold_by"].notna() & (spells["months_unsold"] < cut)
    known_unsold = np.minimum(spells["months_unsold"], cut)
    abandoned = spells["months_abandoned"].notna() & (spells["months_abandoned"] <= cut) & ~sold
    midpoint = np.where(sold, (spells["months_unsold"] + spells["months_sold_by"]) / 2, known_unsold)
    return (
        spells.assign(
            underway=underway,
            lower=np.where(sold, spells["months_unsold"], known_unsold),
            upper=np.where(sold, spells["months_sold_by"], np.nan),
            months=midpoint,
            ended=sold.astype("int64"),
            end_kind=np.where(sold, 1, np.where(abandoned, 2, 0)).astype("int64"),
        )[COLUMNS]
        .query("months > 0")
        .reset_index(drop=True)
    )


def dated(projects: pd.DataFrame, financing_events: pd.DataFrame, firm_accounts: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return the projects with a filing date, their firm's traits and first issue, and months since filing."""
    traits = fixed_traits(firm_accounts)[["firm_id", "cluster", "new_energy", "state_owned"]]
    spells = projects.dropna(subset=["filing_date"]).merge(traits, on="firm_id", how="left")
    spells = spells.merge(first_issues(financing_events, settings["instrument"]), on="firm_id", how="left")
    for name, column in {
        "months_unsold": "last_unsold_date",
        "months_sold_by": "first_sale_by",
        "months_abandoned": "abandoned_date",
        "months_observed": "observed_until",
        "months_to_issue": "first_issue",
    }.items():
        spells[name] = months_between(spells["filing_date"], spells[column])
    spells["months_to_year_of_issue"] = months_between(spells["filing_date"], spells["first_issue"].str.slice(0, 4) + "-01-01")
    # An abandoned project is at risk only until it is abandoned, however long somebody went on looking.
    spells["months_unsold"] = spells[["months_unsold", "months_abandoned"]].min(axis=1).where(spells["months_unsold"].notna())
    filed = spells["filing_date"].str.slice(0, 4).astype(float) + spells["filing_date"].str.slice(5, 7).astype(float) / 12
    spells["filed_year"] = spells["filing_date"].str.slice(0, 4).astype("Int64")
    # Centred, so that its square says something of its own.
    spells["filed_trend"] = filed - filed.mean()
    spells["filed_trend_squared"] = spells["filed_trend"] ** 2
    spells["issuer"] = spells["first_issue"].notna().astype("int64")
    spells["exposed"] = (spells["filing_date"] >= spells["first_issue"]).fillna(False).astype("int64")
    return spells


COLUMNS = [
    "project_id", "firm_id", "ip_class", "new_energy", "state_owned", "cluster", "filing_date", "filed_year", "filed_trend",
    "filed_trend_squared", "issuer", "exposed", "underway", "months", "lower", "upper", "ended", "end_kind", "months_sold_by", "months_observed",
]  # fmt: skip
