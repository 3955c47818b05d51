"""The accounts panel: listed biopharma firms with the fiscal year of their first royalty monetisation.

Everything is a ratio or a change within a firm's own currency. The money of a sold royalty is booked as a liability by rule, so
that liabilities stand here with and without what the register says was raised.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.panels._accounts_firms import first_events, runway

COLUMNS = (
    "ticker", "fiscal_year", "name", "cohort", "listed", "eligible", "ineligible_reason", "instrument_class", "vehicle", "restructured",
    "royalty_business", "case", "rd", "rd_first_filed", "assets", "revenue", "rd_share", "cash_share", "liabilities_share",
    "liabilities_less_share", "raised", "shares_index", "cash_flow_share", "income_share", "rd_to_assets", "cash_flow_before_rd", "runway",
    "years_seen",
)  # fmt: skip

# R&D beyond all operating expenses says that the tag of these leaves R&D out.
WHOLE = 100.0
# A yearly change of shares beyond these is a split, a listing or an error of scale, not an issue of shares or their purchase.
SHARES_FALL, SHARES_RISE = -0.4, 1.4


def build(accounts_yearly: pd.DataFrame, accounts_events: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per firm and fiscal year. Settings: royalty_business, restructured (tickers), tails (of ratios of the sensitivity)."""
    panel = accounts_yearly.sort_values(["ticker", "fiscal_year"]).reset_index(drop=True)
    firms = first_events(panel, accounts_events, "fiscal_year")
    panel = panel.merge(firms, left_on="ticker", right_index=True, how="left")
    panel["listed"] = panel["ticker"].isin(firms.index)
    panel["vehicle"] = panel["vehicle"].eq(True).fillna(False).astype(bool)
    for flag in ("royalty_business", "restructured"):
        panel[flag] = panel["ticker"].isin(settings[flag])
    reasons = {ticker: _reason(rows) for ticker, rows in panel[panel["listed"]].groupby("ticker")}
    panel["ineligible_reason"] = panel["ticker"].map(reasons).astype("string").replace("", pd.NA)
    panel["eligible"] = panel["cohort"].notna() & panel["ineligible_reason"].isna()
    # The issuer of royalty notes, or a firm that may stand beside it.
    never = ~panel["listed"] & ~panel["royalty_business"]
    panel["case"] = panel["ticker"].where(panel["vehicle"]).mask(never, "control").astype("string")
    panel["years_seen"] = panel.groupby("ticker").cumcount() + 1
    return _outcomes(panel, accounts_events, settings["tails"])[list(COLUMNS)]


def _reason(rows: pd.DataFrame) -> str:
    """Return why a firm of the register cannot be compared, or an empty string."""
    cohort = rows["cohort"].iloc[0]
    if pd.isna(cohort):
        return "no dated event within its accounts"
    if rows["undated_before"].iloc[0]:
        return "an earlier event has no date"
    if rows.loc[rows["fiscal_year"] == cohort - 1, "assets"].notna().sum() == 0:
        return "no accounts of the year before the event"
    return ""


def _outcomes(panel: pd.DataFrame, events: pd.DataFrame, tails: float) -> pd.DataFrame:
    """Return the panel with its ratios, in percent, and the index of shares."""
    before = _year_before(panel, "assets")
    share = 100 * _ratio(panel["rd"], panel["operating_expenses"])
    panel["rd_share"] = share.where(share <= WHOLE)
    panel["raised"] = _raised(panel, events)
    panel["cash_share"] = 100 * panel["cash"] / panel["assets"]
    panel["liabilities_share"] = 100 * panel["liabilities"] / panel["assets"]
    panel["liabilities_less_share"] = 100 * (panel["liabilities"] - panel["raised"]) / panel["assets"]
    panel["cash_flow_share"] = 100 * panel["operating_cash_flow"] / before
    panel["income_share"] = 100 * panel["net_income"] / before
    panel["rd_to_assets"] = _clipped(100 * panel["rd"] / before, tails)
    panel["cash_flow_before_rd"] = _clipped(100 * (panel["operating_cash_flow"] + panel["rd"]) / before, tails)
    panel["shares_index"] = _shares_index(panel)
    panel["runway"] = runway(panel)
    return panel


def _ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    return (part / whole).where(whole > 0)


def _clipped(values: pd.Series, tails: float) -> pd.Series:
    return values.clip(*values.quantile([tails, 1 - tails]))


def _year_before(panel: pd.DataFrame, column: str) -> pd.Series:
    """Return a column's value of the fiscal year before; missing where that year is not there."""
    last = panel[["ticker", "fiscal_year", column]].assign(fiscal_year=panel["fiscal_year"] + 1)
    return panel[["ticker", "fiscal_year"]].merge(last, on=["ticker", "fiscal_year"], how="left")[column].set_axis(panel.index)


def _raised(panel: pd.DataFrame, events: pd.DataFrame) -> pd.Series:
    """Return what a firm had raised by all its dated events up to the end of the fiscal year; ceilings that may be paid do not count."""
    paid = events[events["dated"] & (events["amount_basis"] == "upfront_or_issued")]
    pairs = panel[["ticker", "period_end"]].reset_index().merge(paid[["ticker", "event_end", "amount_million"]], on="ticker")
    until = pairs[pairs["event_end"] <= pairs["period_end"]]
    return until.groupby("index")["amount_million"].sum().reindex(panel.index).fillna(0.0)


def _shares_index(panel: pd.DataFrame) -> pd.Series:
    """Return shares outstanding relative to the firm's first year; changes that cannot be issues or purchases are set to none."""
    known = panel.dropna(subset=["shares"])
    change = np.log(known["shares"]).groupby(known["ticker"]).diff()
    change = change.where(change.between(SHARES_FALL, SHARES_RISE), 0.0)
    return np.exp(change.groupby(known["ticker"]).cumsum()).reindex(panel.index)
