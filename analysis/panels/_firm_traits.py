"""Traits of firms that stand still: one value per firm, of its base year, the first in which it is observed.

A trait of a later year may answer to the issue. A place is filled from the first year that shows one, because it says
in which cluster the firm is; other blanks stay blank.
"""

from __future__ import annotations

import pandas as pd

PLACE = ["province", "city"]
TRAITS = [*PLACE, "industry", "new_energy", "state_owned", "constrained"]


def base_years(accounts: pd.DataFrame) -> pd.DataFrame:
    """Return the first row of each firm, blanks included (groupby.first would take each column from another year)."""
    return accounts.sort_values(["firm_id", "year"]).drop_duplicates("firm_id")


def fixed_traits(firm_accounts: pd.DataFrame) -> pd.DataFrame:
    """Return firm_id, TRAITS and cluster, one row per firm.

    The cluster is province and city, because cities of different provinces share names; the firm where no city is known.
    """
    traits = base_years(firm_accounts[["firm_id", "year", *TRAITS]])[["firm_id", *TRAITS]].set_index("firm_id")
    shown = (
        firm_accounts[["firm_id", "year", *PLACE]]
        .dropna(subset=["city"])
        .sort_values(["firm_id", "year"])
        .drop_duplicates("firm_id")
        .set_index("firm_id")
    )
    # Province and city come from the same year, so that no pair is made up.
    blank = traits["city"].isna() & traits.index.isin(shown.index)
    traits.loc[blank, PLACE] = shown[PLACE].reindex(traits.index[blank])
    place = (traits["province"].fillna("") + ", " + traits["city"]).str.removeprefix(", ")
    return traits.assign(cluster=place.fillna(traits.index.to_series()).astype("string")).reset_index()


def changes(firm_accounts: pd.DataFrame) -> dict[str, list]:
    """Return the codes of the firms that show more than one value, by trait."""
    several = firm_accounts.groupby("firm_id")[TRAITS].nunique() > 1
    return {trait: list(several.index[several[trait]]) for trait in TRAITS if several[trait].any()}
