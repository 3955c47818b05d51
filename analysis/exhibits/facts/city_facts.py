"""Numbers about cities that the text quotes and no specification estimates."""

import pandas as pd

from analysis.exhibits.tables._left_out import TERM


def count(city_year: pd.DataFrame, city_onset: pd.DataFrame, published_counts: pd.DataFrame, city_leave_one_out: pd.DataFrame) -> dict:
    """Return counts of cities by status and stratum, hidden issuers by published counts, and effects without each treated city."""
    last = int(city_year["year"].max())
    cities = city_year.drop_duplicates("city_code")
    treated = cities[(cities["cohort_midyear"] <= last).fillna(False) & cities["placed"]]
    published = published_counts[published_counts["what"] == "cities with an issue"].iloc[0]
    known = int((city_onset["cohort_wide"] <= int(published["as_of"][:4])).sum())
    return {
        "n_cities": int(cities["placed"].sum()),
        "first_year": int(city_year["year"].min()),
        "last_year": last,
        "n_treated": len(treated),
        "n_treated_largest": int((treated["size_stratum"] == "largest tenth").sum()),
        "n_largest": int((cities["size_stratum"] == "largest tenth").sum()),
        "n_uncertain": int((cities["status"] == "uncertain").sum()),
        "published": int(published["value"]),
        "known": known,
        "hidden": int(published["value"]) - known,
        **_without_each(city_leave_one_out, treated["city_code"]),
    }


def _without_each(table: pd.DataFrame, treated: pd.Series) -> dict[str, float]:
    """Return for each outcome the lowest and the highest effect without one treated city."""
    own = table[(table["term"] == TERM) & table["setting"].isin(treated.astype(str))]
    spans = own.groupby("outcome")["estimate"].agg(["min", "max"])
    return {f"{name}_without_{end}": float(row[end]) for name, row in spans.iterrows() for end in ("min", "max")}
