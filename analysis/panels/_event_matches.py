"""Event firms found in the R&D Scoreboard by printed name and country, with every match shown."""

from __future__ import annotations

import pandas as pd


def match(scoreboard: pd.DataFrame, firm_events: pd.DataFrame) -> pd.DataFrame:
    """Return a row per event and name: event_id, name, firm_id in the Scoreboard, main firm_id, how it was matched.

    A name is looked for in its country first, then in any; names that are nowhere have no firm_id.
    """
    printed = scoreboard[["company", "country", "firm_id"]].drop_duplicates()
    by_both = printed.groupby(["company", "country"])["firm_id"].agg(list).to_dict()
    by_name = printed.groupby("company")["firm_id"].agg(list).to_dict()
    rows = []
    for event in firm_events.itertuples():
        others = [] if pd.isna(event.also_listed_as) else event.also_listed_as.split("; ")
        for name in (event.company, *others):
            found = by_both.get((name, event.country))
            how = "name and country" if found else "name" if name in by_name else "not found"
            rows += [(event.event_id, name, firm_id, how) for firm_id in found or by_name.get(name, [None])]
    table = pd.DataFrame(rows, columns=["event_id", "name", "firm_id", "how"]).drop_duplicates()
    return table.assign(main_id=table["firm_id"].map(_merged(table)))


def _merged(table: pd.DataFrame) -> dict[str, str]:
    """Return firm_id → the first identifier of the same firm, over all events that share one."""
    main: dict[str, str] = {}
    for _, names in table.dropna(subset=["firm_id"]).groupby("event_id", sort=False):
        ids = list(dict.fromkeys(names["firm_id"]))
        chosen = next((main[i] for i in ids if i in main), ids[0])
        main.update(dict.fromkeys(ids, chosen))
    return main
