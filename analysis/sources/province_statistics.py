"""Official statistics of the provinces, checked for what no single cell can show."""

from __future__ import annotations

import pandas as pd

from analysis.core.errors import DataError, violation

# A part may not exceed its whole (same unit).
PARTS = (
    ("rd_expenditure", "gdp"),
    ("secondary_value_added", "gdp"),
    ("environment_spending", "fiscal_expenditure"),
    ("science_spending", "fiscal_expenditure"),
    ("industrial_rd", "rd_expenditure"),
    ("invention_grants", "inventions_in_force"),
)
FILE = "data/raw/statistics/province_year.csv"


def clean(province_yearbooks: pd.DataFrame, province_list: pd.DataFrame) -> pd.DataFrame:
    """Return one row per province and year with region, and R&D intensity on one vintage of GDP. Blank stays blank."""
    _check_parts(province_yearbooks)
    _check_complete(province_yearbooks, province_list)
    table = province_yearbooks.merge(province_list, on="province", how="left", validate="many_to_one")
    return table.drop(columns="name_zh").assign(
        municipality=table["municipality"] == "yes",
        rd_intensity_revised_pct=100 * table["rd_expenditure"] / table["gdp"],
    )


def _check_parts(table: pd.DataFrame) -> None:
    problems = []
    for part, whole in PARTS:
        for position in [i for i, over in enumerate(table[part] > table[whole]) if over]:
            rule = f"may not exceed '{whole}' ({table[whole].iloc[position]})"
            problems.append(violation(FILE, rule, row=position + 2, column=part, value=table[part].iloc[position]))
    if problems:
        raise DataError("\n".join(problems))


def _check_complete(table: pd.DataFrame, provinces: pd.DataFrame) -> None:
    """Raise DataError unless every province of the list has every year of the file, and no other province appears."""
    wanted = pd.MultiIndex.from_product([provinces["province"], sorted(table["year"].unique())])
    found = pd.MultiIndex.from_frame(table[["province", "year"]])
    missing, strange = wanted.difference(found), found.difference(wanted)
    problems = [violation(FILE, "province and year without a row", column="province, year", value=f"{p}, {y}") for p, y in missing]
    problems += [
        violation(FILE, "province is not in data/raw/statistics/provinces.csv", column="province", value=p)
        for p in sorted({p for p, _ in strange})
    ]
    if problems:
        raise DataError("\n".join(problems))
