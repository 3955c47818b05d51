"""Effects on cities by years since the first treated one, where enough cities stand behind a year; above them the main estimate."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.cells import in_order, select_rows
from analysis.exhibits.display import WIDTH, minus
from analysis.exhibits.figures._event_study import event_panel

INFERENCE = "randomization_t"
FEWEST = 3  # treated cities behind a year that is drawn


def draw(city_event_study: pd.DataFrame, city_att: pd.DataFrame, city_year: pd.DataFrame, outcomes: dict) -> Figure:
    """Return one panel per outcome; under each year the number of treated cities that it rests on."""
    names = in_order(city_event_study, outcomes)
    figure, axes = subplots(1, len(names), figsize=(0.7 * WIDTH, 2.55), squeeze=False)
    for axis, name in zip(axes.flat, names, strict=True):
        behind = cities_behind(city_year, outcomes[name]["column"])
        events = select_rows(city_event_study, outcome=name, term="event")
        drawn = events[events["event_time"].map(behind).fillna(0) >= FEWEST]
        main = select_rows(city_att, outcome=name, term="att")
        event_panel(axis, pd.concat([drawn, main]), name, outcomes, INFERENCE, INFERENCE)
        years = sorted(drawn["event_time"].astype(int).unique())
        axis.set_xticks(years, [minus(f"{year}\n{behind[year]}") for year in years])
        axis.tick_params(axis="x", labelsize=7)
        axis.set_xlabel("Years since issue\ntreated cities", fontsize=7.5)
    return figure


def cities_behind(city_year: pd.DataFrame, column: str) -> dict[int, int]:
    """Return years since the first treated one → treated cities observed in that year and in the year before treatment."""
    seen = city_year[city_year["usable"] & city_year[column].notna() & city_year["cohort_midyear"].notna()]
    since = (seen["year"] - seen["cohort_midyear"]).astype(int)
    based = seen["city_code"].isin(seen.loc[since == -1, "city_code"])
    return since[based].value_counts().to_dict()
