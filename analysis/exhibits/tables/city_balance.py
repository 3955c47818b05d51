"""Cities: from the yearbooks to the sample, and treated beside other cities before any issue, among all and among the largest."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.exhibits.cells import count
from analysis.exhibits.display import Table
from analysis.exhibits.tables._balance import compared

# Years before the base year over which growth is taken.
SPAN = 5
LARGEST = "largest tenth"
LIKE = ", large"


def layout(city_year: pd.DataFrame, city_statistics: pd.DataFrame, province_statistics: pd.DataFrame) -> Table:
    """Return the flow of cities, then one row per trait in the last year before any issue: means, normalized difference, overlap."""
    last = city_year["year"].max()
    year = int(city_year[["cohort_midyear", "cohort_strict", "cohort_wide"]].min().min()) - 1
    certain = city_year[city_year["placed"] & city_year["certain"]]
    now, then = (certain[certain["year"] == y].set_index("city_code") for y in (year, year - SPAN))
    treated = (now["cohort_midyear"] <= last).fillna(False).astype(bool)
    large = now["size_stratum"] == LARGEST
    rows = _flow(city_year, city_statistics, last)
    flow = len(rows)
    rows.append({"": f"Cities of certain status, {year}"})
    for label, values in _traits(now, then, province_statistics).items():
        rows.append({"": label} | compared(values, treated) | compared(values[large], treated[large], suffix=LIKE))
    counts = {"": "Cities"}
    for suffix, group in (("", treated), (LIKE, treated[large])):
        counts |= {f"Treated{suffix}": count(group.sum()), f"Others{suffix}": count((~group).sum())}
    rows.append(counts)
    return Table(pd.DataFrame(rows).fillna(""), widths={"": "1fr"}, bold=(flow,), rules=(len(rows) - 1,))


def _flow(city_year: pd.DataFrame, city_statistics: pd.DataFrame, last: int) -> list[dict]:
    """Return one row per step from all cities of the yearbooks to treated and other cities with each outcome."""
    cities = city_year.drop_duplicates("city_code")
    treated = cities["city_code"].isin(cities.loc[(cities["cohort_midyear"] <= last).fillna(False), "city_code"])
    steps: list[tuple[str, pd.Series | None, int]] = [
        ("Cities with statistics, treated or not", None, city_statistics["city_code"].nunique()),
        ("less: borders changed", None, len(cities) - city_statistics["city_code"].nunique()),
        ("less: in a province whose issues have no city", ~cities["placed"], -1),
        ("Compared", cities["placed"], 1),
        ("of uncertain status, compared until their evidence", cities["placed"] & ~cities["certain"], 1),
    ]
    rows = []
    for step, chosen, number in steps:
        if chosen is None:
            rows.append({"": step, "Treated": "", "Others": _signed(number)})
            continue
        sides = {"Treated": chosen & treated, "Others": chosen & ~treated}
        rows.append({"": step} | {side: _signed(number * int(group.sum())) for side, group in sides.items()})
    return rows


def _signed(value: int) -> str:
    return f"\N{MINUS SIGN}{count(-value)}" if value < 0 else count(value)


def _traits(now: pd.DataFrame, then: pd.DataFrame, province_statistics: pd.DataFrame) -> dict[str, pd.Series]:
    """Return traits by city; growth in logarithms over SPAN years."""
    region = now["province_code"].map(province_statistics.drop_duplicates("province_code").set_index("province_code")["region"])
    gdp, loans = (np.log(now[column].astype(float)) for column in ("real_gdp", "loans"))
    before = {column: np.log(then[column].astype(float)).reindex(now.index) for column in ("real_gdp", "loans")}
    return {
        "Real GDP, log": gdp,
        "Loans, log": loans,
        "Loans to real GDP, log": loans - gdp,
        "Growth of real GDP over five years": gdp - before["real_gdp"],
        "Growth of loans over five years": loans - before["loans"],
        "In the East": (region == "East").astype(float),
    }
