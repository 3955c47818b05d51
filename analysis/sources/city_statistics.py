"""Real GDP and loans of Chinese cities, without the cells that look interpolated or jump; nothing is filled in."""

from __future__ import annotations

import pandas as pd

# Points of growth by which real GDP may depart from the growth printed beside it.
ROUNDING = 1.0


def clean(city_yearbooks: pd.DataFrame) -> pd.DataFrame:
    """Return one row per city and year. Real GDP is blank where it departs from its own printed growth, too.

    Nominal GDP is not taken over: it breaks between 2018 and 2019.
    """
    raw = city_yearbooks.sort_values(["city_code", "year"], ignore_index=True)
    growth = raw.groupby("city_code")["real_gdp_2000prices"].pct_change(fill_method=None) * 100 + 100
    off = (growth - raw["gdp_growth_index_prev100"]).abs() > ROUNDING
    doubtful = off | raw["interp_gdp"].eq(1) | raw["flag_gdp"].eq(1)
    return pd.DataFrame(
        {
            "city_code": raw["city_code"],
            "city_zh": raw["city_zh"],
            "province_code": raw["city_code"] // 10000 * 10000,
            "year": raw["year"],
            "real_gdp": raw["real_gdp_2000prices"].mask(doubtful),
            "loans": raw["loans_100m_yuan"].mask(raw["interp_loans"].eq(1) | raw["flag_loans"].eq(1)),
        }
    )
