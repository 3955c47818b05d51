"""Where each province stands on a map of equal squares."""

from __future__ import annotations

import pandas as pd

from analysis.core.errors import DataError, violation

FILE = "data/raw/geography/province_tiles.csv"


def clean(province_tiles_list: pd.DataFrame, province_list: pd.DataFrame) -> pd.DataFrame:
    """Return one row per province; raise DataError where a province has no square, or two share one."""
    tiles = province_tiles_list
    problems = [
        violation(FILE, "a province of data/raw/statistics/provinces.csv has no square", column="province", value=name)
        for name in sorted(set(province_list["province"]) - set(tiles["province"]))
    ]
    problems += [
        violation(FILE, "must be a province of data/raw/statistics/provinces.csv", column="province", value=name)
        for name in sorted(set(tiles["province"]) - set(province_list["province"]))
    ]
    shared = tiles[tiles.duplicated(["column", "row"])]
    problems += [violation(FILE, "shares its square with another province", column="province", value=name) for name in shared["province"]]
    if problems:
        raise DataError("\n".join(problems))
    return tiles.sort_values("province", ignore_index=True)
