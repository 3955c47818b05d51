"""Numbers about provinces that the text quotes."""

import pandas as pd

from analysis.exhibits.figures.province_paths import BASE


def count(province_year: pd.DataFrame, national_checks: pd.DataFrame) -> dict:
    """Return counts of provinces, years and cells, the mean rise of R&D to GDP since the last year before any issue, and the largest gaps of the published intensity."""
    year_before = province_year[province_year["year"] == 2018].set_index("province")
    gap = year_before["rd_intensity_published_pct"] - year_before["rd_intensity_revised_pct"]
    treated = province_year.groupby("province")["cohort_midyear"].first()
    last = int(province_year["year"].max())
    in_panel = (treated <= last).fillna(False)
    east = province_year.groupby("province")["region"].first() == "East"
    paths = province_year[province_year["certain"]].pivot(index="year", columns="province", values="rd_intensity_revised_pct")
    rise = (paths.loc[last] - paths.loc[BASE]).groupby(in_panel).mean()
    rd = national_checks[national_checks["variable"] == "rd_expenditure"]
    jiangsu = province_year[province_year["province"] == "Jiangsu"].set_index("year")["pollution_control"]
    return {
        "n_provinces": int(province_year["province"].nunique()),
        "first_year": int(province_year["year"].min()),
        "last_year": last,
        "n_treated_in_panel": int(in_panel.sum()),
        "n_treated_east": int((in_panel & east).sum()),
        "rd_rise_from": BASE,
        "rd_rise_treated": float(rise[True]),
        "rd_rise_others": float(rise[False]),
        "n_treated_later": int((treated > last).fillna(False).sum()),
        "n_certain": int(province_year.loc[province_year["certain"], "province"].nunique()),
        "largest_gap_pp": float(gap.abs().max()),
        "largest_gap_province": str(gap.abs().idxmax()),
        "jiangsu_pollution_2020": float(jiangsu[2020]),
        "jiangsu_pollution_2021": float(jiangsu[2021]),
        "beijing_gap_pp": float(gap["Beijing"]),
        "rd_sum_difference_pct": float(rd["difference_pct"].abs().max()),
    }
