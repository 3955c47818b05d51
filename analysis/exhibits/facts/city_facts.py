"""Numbers about cities that the text quotes and no specification estimates."""

import pandas as pd


def count(city_year: pd.DataFrame, city_onset: pd.DataFrame, published_counts: pd.DataFrame) -> dict:
    """Return counts of cities by status and stratum, and how many issuers published counts hold that the register does not."""
    last = int(city_year["year"].max())
    cities = city_year.drop_duplicates("city_code")
    treated = cities[(cities["cohort_midyear"] <= last).fillna(False) & cities["placed"]]
    published = published_counts[published_counts["what"] == "cities with an issue"].iloc[0]
    known = int((city_onset["cohort_wide"] <= int(published["as_of"][:4])).sum())
    return {
        "n_cities": len(cities),
        "first_year": int(city_year["year"].min()),
        "last_year": last,
        "n_treated": len(treated),
        "n_treated_largest": int((treated["size_stratum"] == "largest tenth").sum()),
        "n_largest": int((cities["size_stratum"] == "largest tenth").sum()),
        "n_uncertain": int((cities["status"] == "uncertain").sum()),
        "published": int(published["value"]),
        "known": known,
        "hidden": int(published["value"]) - known,
    }
