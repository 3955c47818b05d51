"""Numbers about provinces that the text quotes."""

import pandas as pd

FIRST_ISSUES = 2018


def count(province_year: pd.DataFrame, national_checks: pd.DataFrame) -> dict:
    """Return counts of provinces, years and cells, R&D to GDP before any issue, and the largest gaps of the published intensity."""
    year_before = province_year[province_year["year"] == 2018].set_index("province")
    gap = year_before["rd_intensity_published_pct"] - year_before["rd_intensity_revised_pct"]
    treated = province_year.groupby("province")["cohort_midyear"].first()
    last = int(province_year["year"].max())
    in_panel = (treated <= last).fillna(False)
    east = province_year.groupby("province")["region"].first() == "East"
    early = province_year[(province_year["year"] < FIRST_ISSUES) & province_year["certain"]]
    intensity = early.groupby(early["province"].map(in_panel))["rd_intensity_revised_pct"].mean()
    rd = national_checks[national_checks["variable"] == "rd_expenditure"]
    jiangsu = province_year[province_year["province"] == "Jiangsu"].set_index("year")["pollution_control"]
    return {
        "n_provinces": int(province_year["province"].nunique()),
        "first_year": int(province_year["year"].min()),
        "last_year": last,
        "n_treated_in_panel": int(in_panel.sum()),
        "n_treated_east": int((in_panel & east).sum()),
        "rd_before_treated": float(intensity[True]),
        "rd_before_others": float(intensity[False]),
        "n_treated_later": int((treated > last).fillna(False).sum()),
        "n_certain": int(province_year.loc[province_year["certain"], "province"].nunique()),
        "largest_gap_pp": float(gap.abs().max()),
        "largest_gap_province": str(gap.abs().idxmax()),
        "jiangsu_pollution_2020": float(jiangsu[2020]),
        "jiangsu_pollution_2021": float(jiangsu[2021]),
        "beijing_gap_pp": float(gap["Beijing"]),
        "rd_sum_difference_pct": float(rd["difference_pct"].abs().max()),
    }
