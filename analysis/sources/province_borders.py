"""Which provinces border one another."""

from __future__ import annotations

import pandas as pd

from analysis.core.errors import DataError, violation

FILE = "data/raw/geography/province_borders.csv"


def clean(province_borders_list: pd.DataFrame, province_list: pd.DataFrame) -> pd.DataFrame:
    """Return one row per ordered pair of neighbours. Raises DataError for unknown names and for a pair that stands twice."""
    pairs = province_borders_list
    known = set(province_list["province"])
    problems, seen = [], set()
    for row, (one, other) in enumerate(zip(pairs["province"], pairs["neighbour"], strict=True), start=2):
        for column, name in (("province", one), ("neighbour", other)):
            if name not in known:
                problems.append(
                    violation(FILE, "must be a province of data/raw/statistics/provinces.csv", row=row, column=column, value=name)
                )
        if one == other or (pair := frozenset((one, other))) in seen:
            problems.append(violation(FILE, "a pair is of two provinces and stands once", row=row, column="neighbour", value=other))
        else:
            seen.add(pair)
    alone = sorted(known - {name for pair in seen for name in pair})
    problems += [violation(FILE, "has no neighbour", column="province", value=name) for name in alone]
    if problems:
        raise DataError("\n".join(problems))
    turned = pairs.rename(columns={"province": "neighbour", "neighbour": "province"})
    return pd.concat([pairs, turned], ignore_index=True).sort_values(["province", "neighbour"], ignore_index=True)[list(pairs.columns)]
