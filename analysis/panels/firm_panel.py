"""Firm-years of a reader's files or of the simulated cohort: treatment timing, traits before treatment, outcomes.

Size, leverage and the like answer to financing, so that their later values are bad controls (Caetano and Callaway 2024);
only values of the base year, the first in which the firm is observed, are kept as covariates (panels._firm_traits).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.panels._firm_traits import TRAITS, base_years, fixed_traits
from analysis.panels._issuers import first_issues

BASE = {"base_log_assets": "log_assets", "base_rd_to_sales": "rd_to_sales", "base_leverage": "leverage"}
UNKNOWN_REGION = "Other or unknown"


def build(firm_accounts: pd.DataFrame, financing_events: pd.DataFrame, province_statistics: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per firm and year; see config/tables/firm_panel.yaml for columns and units."""
    traits = fixed_traits(firm_accounts)
    panel = firm_accounts.drop(columns=TRAITS).merge(traits, on="firm_id", how="left")
    panel = panel.merge(first_issues(financing_events, settings["instrument"]), on="firm_id", how="left")
    panel = panel.sort_values(["firm_id", "year"], ignore_index=True)
    region = province_statistics.drop_duplicates("province").set_index("province")["region"]
    panel["region"] = panel["province"].map(region).fillna(UNKNOWN_REGION).astype("string")
    panel["issuer"] = panel["cohort"].notna()
    others = financing_events.loc[(financing_events["instrument"] != settings["instrument"]).fillna(False), "firm_id"]
    panel["other_instrument"] = panel["firm_id"].isin(others)
    panel["issue_year"] = (panel["cohort"] == panel["year"]).fillna(False).astype(bool)
    panel["beside_issuer"] = ~panel["issuer"] & panel["cluster"].isin(panel.loc[panel["issuer"], "cluster"])
    panel["treated"] = (panel["cohort"].notna() & (panel["year"] >= panel["cohort"])).astype("int64")
    panel = _before(_outcomes(panel))
    return panel[[*IDENTITY, *OUTCOMES]]


def _outcomes(panel: pd.DataFrame) -> pd.DataFrame:
    def share(part: str, whole: pd.Series) -> pd.Series:
        return 100 * panel[part] / whole.where(whole > 0)

    made = {
        "log_assets": np.log(panel["assets"].where(panel["assets"] > 0)),
        "rd_to_sales": share("rd", panel["sales"]),
        "rd_to_assets": share("rd", panel["assets"]),
        "leverage": share("liabilities", panel["assets"]),
        "debt_to_assets": share("debt", panel["assets"]),
        "cost_of_debt": share("interest", panel["debt"]),
        "bank_loan_share": share("bank_loans", panel["debt"]),
        "direct_finance_share": share("direct_finance", panel["debt"]),
        "intangible_share": share("intangible_assets", panel["intangible_assets"] + panel["fixed_assets"]),
        "tobin_q": panel["market_value"] / panel["assets"],
        "roa": share("profit", panel["assets"]),
        "tangibility": share("fixed_assets", panel["assets"]),
        "green_any": 100.0 * (panel["green_investment"] > 0).astype("float64").where(panel["green_investment"].notna()),
    }
    panel = panel.assign(**{name: values.astype("float64") for name, values in made.items()})
    last = panel.groupby("firm_id")[["year", "sales"]].shift(1)
    follows = (panel["year"] - last["year"] == 1).fillna(False).astype(bool)
    logs = {"log_rd": "rd", "log_ip_pool": "ip_pool", "log_sales": "sales"}
    for name, column in logs.items():
        values = np.log(panel[column].where(panel[column] > 0))
        panel[name] = values
        panel[f"{name}_lag1"] = values.groupby(panel["firm_id"]).shift(1).where(follows)
    panel["sales_growth"] = (panel["sales"] / last["sales"].where(last["sales"] > 0) - 1).where(follows)
    return panel


def _before(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the panel with the values of each firm's base year (blank where it is blank), and size in three classes of it."""
    first = base_years(panel[["firm_id", "year", "cohort", "currency", *BASE.values()]])
    base = first[["firm_id", *BASE.values()]].rename(columns={column: name for name, column in BASE.items()})
    # A firm that is already treated in its base year has no year before.
    base["observed_before"] = ~(first["cohort"].notna() & (first["year"] >= first["cohort"])).fillna(False).astype(bool)
    if first["currency"].nunique() > 1:
        # Amounts of different currencies have no common unit: assets count relative to firms of the same currency.
        base["base_log_assets"] -= base.groupby(first["currency"])["base_log_assets"].transform("mean")
    base["size_class"] = _terciles(base["base_log_assets"], first["currency"])
    base = base.set_index("firm_id")
    for name in base:  # column by column: a merge would copy the whole panel
        panel[name] = base[name].reindex(panel["firm_id"]).array
    return panel


def _terciles(size: pd.Series, currency: pd.Series) -> pd.Series:
    """Return small, middle or large within each currency (rows,); blank where the size is."""
    lower, upper = (size.groupby(currency).transform("quantile", q) for q in (1 / 3, 2 / 3))
    classes = np.select([size <= lower, size <= upper], ["small", "middle"], "large")
    return pd.Series(classes, index=size.index, dtype="string").where(size.notna())


IDENTITY = [
    "firm_id", "year", "source", "province", "region", "city", "cluster", "industry", "new_energy", "state_owned", "constrained",
    "size_class", "cohort", "treated", "issuer", "issue_year", "beside_issuer", "other_instrument", "observed_before", "base_log_assets", "base_rd_to_sales", "base_leverage",
]  # fmt: skip
OUTCOMES = [
    "rd", "sales", "assets", "rd_to_sales", "rd_to_assets", "sales_growth", "log_assets", "green_investment", "green_any", "licence_income",
    "launches", "patents", "cost_of_debt", "debt_to_assets", "leverage", "bank_loan_share", "direct_finance_share", "intangible_share",
    "disclosure_score", "tobin_q", "roa", "tangibility", "log_rd_lag1", "log_sales_lag1", "log_ip_pool_lag1",
]  # fmt: skip
