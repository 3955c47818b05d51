"""Numbers about the market that the text quotes."""

import pandas as pd

from analysis.exhibits.tables.register_summary import first_sizes


def count(
    issuances: pd.DataFrame,
    market_series: pd.DataFrame,
    province_onset: pd.DataFrame,
    regional_shares: pd.DataFrame,
    pilots: pd.DataFrame,
    published_counts: pd.DataFrame,
    market_growth: pd.DataFrame,
) -> dict:
    """Return counts, years and shares of the register and of the published series."""
    deals = issuances[issuances["securitization"]]
    china, world = deals[deals["market"] == "China"], deals[deals["market"] == "World"]
    until_2021 = china[china["year"] <= 2021]
    named = province_onset[(province_onset["cohort_strict"] <= 2021).fillna(False)]
    status = province_onset["status"].value_counts()
    share = regional_shares.iloc[0]
    counts = published_counts.set_index("what")["value"]
    published = market_series.set_index(["provider", "scope", "as_of"])
    return {
        "n_deals": len(issuances),
        "n_securitizations": len(deals),
        "n_deals_world": len(issuances) - len(china),
        "n_deals_china": len(china),
        "n_without_year": int(world["year"].isna().sum()),
        "n_pools": int(deals["collateral_pool"].nunique()),
        "n_whole_business": int(deals["whole_business"].sum()),
        "first_world_year": int(world["year"].min()),
        "first_china_year": int(china["year"].min()),
        "n_china_to_2021": len(until_2021),
        "value_china_to_2021": float(until_2021["size_million"].sum() / 1000),
        "ctex_deals": int(share["deals_all"]),
        "ctex_guangdong": int(share["deals_place"]),
        "guangdong_deal_share": float(share["deals_place"] / share["deals_all"]),
        "guangdong_value_share": float(share["value_share"]),
        "guangdong_invention_share": float(share["benchmark"]),
        "cnipa_2023": int(published.loc[("CNIPA", "both exchanges", "2023-09-30"), "deals"]),
        "cnipa_2024": int(published.loc[("CNIPA", "both exchanges", "2024-06-30"), "deals"]),
        "value_2024": float(published.loc[("CNABS", "national", "2024-12-31"), "value_cny_billion"]),
        "value_2025": float(published.loc[("China Lianhe Credit Rating", "national", "2025-12-31"), "value_cny_billion"]),
        "volume_again_usd_billion": float(deals["size_usd_million"].sum() / 1000),
        "volume_once_usd_billion": float(first_sizes(deals).sum() / 1000),
        "named_provinces_2021": len(named),
        "published_provinces_2021": int(counts["provinces with an issue"]),
        "hidden_provinces_2021": int(counts["provinces with an issue"]) - len(named),
        "published_cities_2023": int(counts["cities with an issue"]),
        "published_firms_2021": int(counts["firms financed"]),
        "n_treated_strict": int(status["treated"]),
        "n_uncertain": int(status["uncertain"]),
        "n_no_known_issue": int(status["no known issue"]),
        "n_enhanced": int(china["enhancement"].notna().sum()),
        "n_outcomes": int((deals["outcome"] != "not reported").sum()),
        "n_amortised": int((deals["outcome"] == "early-amortised").sum()),
        "n_green_assessed": int((deals["green"] != "not assessed").sum()),
        "median_china_usd_million": float(china["size_usd_million"].median()),
        "dispersion": float(market_growth["dispersion"].iloc[0]),
        "dispersion_upper": float(market_growth["dispersion_upper"].iloc[0]),
        "n_conflicts": int(issuances["source_def"].notna().sum()),
        "n_demonstration_places": int((pilots["programme"] == "IP demonstration city").sum()),
    }
