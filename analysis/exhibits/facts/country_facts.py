"""Numbers about countries that the text quotes."""

import pandas as pd

from analysis.exhibits.figures.country_trends import SHOWN


def count(countries: pd.DataFrame) -> dict:
    """Return the latest R&D intensities and IP receipts of the jurisdictions of the study, and the range of R&D over the countries
    of the figure.
    """
    wide = countries.pivot(index=["iso3", "year"], columns="indicator", values="value")
    latest = {code: wide.loc[code] for code in ("CHN", "USA", "JPN")}
    facts = {}
    for code, table in latest.items():
        rd, receipts = table["rd_intensity"].dropna(), table["ip_receipts_to_gdp"].dropna()
        facts |= {f"rd_{code.lower()}": float(rd.iloc[-1]), f"receipts_{code.lower()}": float(receipts.iloc[-1])}
        facts |= {f"rd_year_{code.lower()}": int(rd.index[-1]), f"receipts_year_{code.lower()}": int(receipts.index[-1])}
    latest_rd = wide.loc[wide.index.get_level_values("iso3").isin(SHOWN), "rd_intensity"].dropna().groupby("iso3").last()
    return facts | {"rd_lowest": float(latest_rd.min()), "rd_highest": float(latest_rd.max()), "n_shown": len(latest_rd)}
