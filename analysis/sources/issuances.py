"""The two registers of IP issues on one set of definitions.

What is unified: currencies (the source's own dollar figure first, else the annual average rate), classes, dates,
and refinancings, which share a `collateral_pool` with the issue that they replace or extend. What is kept apart:
figures that sources disagree on stay as a range (`size_low`, `size_high`) with `source_def`, never as an average,
a blank "green" means that nobody assessed the use of proceeds, and the label is read from the title of the plan alone.
"""

from __future__ import annotations

import pandas as pd

COMMON = ("deal_id", "instrument", "structure", "sector", "size_basis", "coupon_pct", "tenor_years", "rating", "source_url", "confidence")

# The label is a word of the registered title: where a source only describes the deal, nobody read it.
NO_TITLE = "title not known"


def clean(issuances_world: pd.DataFrame, issuances_china: pd.DataFrame, exchange_rates: pd.DataFrame) -> pd.DataFrame:
    """Return one row per issue, world and China together."""
    world = _common(issuances_world, issuances_world["size_million"], "World").assign(
        jurisdiction=issuances_world["jurisdiction"],
        issuer=issuances_world["issuer"],
        currency=issuances_world["currency"],
        size_usd_million=issuances_world["size_usd_million"],
        outcome=issuances_world["outcome"].fillna("not reported"),
        securitization=issuances_world["securitization"] == "yes",
        collateral_pool=issuances_world["collateral_pool"].fillna(issuances_world["deal_id"]),
        year=_stated_year(issuances_world).fillna(issuances_world["year_inferred"]),
        originator_key=issuances_world["issuer"],
    )
    china = _common(issuances_china, issuances_china["size_cny_million"], "China").assign(
        jurisdiction="CN",
        issuer=issuances_china["originator"].fillna(issuances_china["plan_name"]).fillna("not named"),
        province=issuances_china["province"],
        city=issuances_china["city"],
        currency="CNY",
        size_usd_million=float("nan"),
        outcome="not reported",
        securitization=True,
        collateral_pool=issuances_china["deal_id"],
        originator_key=issuances_china["originator_key"].fillna(issuances_china["deal_id"]),
        year=_stated_year(issuances_china),
        enhancement=issuances_china["enhancement"],
        firms=issuances_china["firms"],
        green_label=issuances_china["green_label"].mask(issuances_china["green_label_grade"] == "low", NO_TITLE),
    )
    table = pd.concat([world, china], ignore_index=True)
    table = table.merge(issuances_china[["deal_id", "firm_rate_pct", "firm_rate_basis"]], how="left", on="deal_id")
    table["whole_business"] = table["structure"].eq("whole-business").fillna(False)
    table["size_usd_million"] = table["size_usd_million"].fillna(_at_annual_rate(table, exchange_rates))
    table["pool_order"] = _pool_order(table)
    return table.astype({"year": "Int64", "firms": "Int64", "pool_order": "Int64"})


def _common(raw: pd.DataFrame, size: pd.Series, market: str) -> pd.DataFrame:
    about_size = raw["conflict_field"].eq("size").fillna(False)
    stated = _stated_year(raw)
    basis = pd.Series("stated", index=raw.index).mask(stated.isna(), "inferred")
    if "year_inferred" in raw:
        basis = basis.mask(stated.isna() & raw["year_inferred"].isna(), "unknown")
    return raw[list(COMMON)].assign(
        market=market,
        date=raw["deal_date"],
        year_basis=basis,
        underlying=raw["underlying"].fillna("not stated"),
        green=raw["green"].fillna("not assessed"),
        size_million=size,
        size_low=raw["conflict_low"].where(about_size),
        size_high=raw["conflict_high"].where(about_size),
        source_def=(raw["conflict_field"] + ": " + raw["conflict_note"]),
        province=pd.NA,
        city=pd.NA,
        enhancement=pd.NA,
        firms=pd.NA,
        green_label=NO_TITLE,
    )


def _stated_year(raw: pd.DataFrame) -> pd.Series:
    return pd.to_numeric(raw["deal_date"].str[:4]).astype("Int64")


def _at_annual_rate(table: pd.DataFrame, exchange_rates: pd.DataFrame) -> pd.Series:
    """Return sizes in dollars at the average rate of the year; missing where no rate is at hand."""
    keys = table[["currency", "year"]].merge(exchange_rates[["currency", "year", "units_per_usd"]], how="left", on=["currency", "year"])
    dollars = table["size_million"] / keys["units_per_usd"].to_numpy(float)
    return dollars.mask(table["currency"].eq("USD").fillna(False), table["size_million"])


def _pool_order(table: pd.DataFrame) -> pd.Series:
    """Return each issue's place in its pool by year, date and identifier."""
    order = table.assign(when=table["year"].astype("Float64").fillna(9999), day=table["date"].fillna("")).sort_values(
        ["when", "day", "deal_id"], kind="stable"
    )
    return (order.groupby("collateral_pool").cumcount() + 1).reindex(table.index)
