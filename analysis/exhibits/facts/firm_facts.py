"""Numbers about firms that the text quotes."""

import pandas as pd

# The last rank that the shortest recent edition prints.
LISTED = 2000


def count(scoreboard: pd.DataFrame, scoreboard_checks: pd.DataFrame, event_matches: pd.DataFrame, firm_stacks: pd.DataFrame) -> dict:
    """Return counts of editions, firms, links, events and treated firms, and the R&D in million euro at the last rank of all editions."""
    first = event_matches[event_matches["first_event"]]
    used = event_matches[event_matches["in_sample"]]
    clean_list = first[first["reason"] != "an earlier event has no date"]
    both_sides = clean_list[(clean_list["years_before"] >= 2) & (clean_list["years_after"] >= 2)]
    kinds = firm_stacks.groupby("control_kind")["firm_id"].nunique()
    cut = scoreboard[scoreboard["rank"] <= LISTED].groupby(scoreboard["fiscal_year"].astype(int))["rd"].min()
    links = int(scoreboard_checks["links"].sum())
    return {
        "n_editions": int(scoreboard["edition"].nunique()),
        "n_firms": int(scoreboard["firm_id"].nunique()),
        "n_rows": len(scoreboard),
        "cut_first": float(cut.iloc[0]),
        "cut_last": float(cut.iloc[-1]),
        "cut_first_year": int(cut.index[0]),
        "cut_last_year": int(cut.index[-1]),
        "largest_difference_pct": float(scoreboard_checks["difference_pct"].abs().max()),
        "n_links": links,
        "share_links_hold": 1 - float(scoreboard_checks["links_suspect"].sum()) / links,
        "n_event_rows": len(event_matches),
        "n_event_firms": int(event_matches["company"].nunique()),
        "n_dated_firms": len(first),
        "n_treated_firms": int(used["company"].nunique()),
        "n_two_years_both_sides": len(both_sides),
        "n_never_listed": int(kinds["never_listed"]),
        "n_notes_or_loan": int((used["instrument_class"] == "notes or loan").sum()),
        "n_royalty_sale": int((used["instrument_class"] == "royalty sale").sum()),
        "n_synthetic": int((used["instrument_class"] == "synthetic royalty").sum()),
        "n_chinese_treated": int((used["country"] == "China").sum()),
        "first_stack": int(firm_stacks["stack"].min()),
        "last_stack": int(firm_stacks["stack"].max()),
    }
