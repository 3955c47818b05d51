"""What the text says of orphan projects and of royalty money."""

import pandas as pd

from analysis.exhibits.tables.project_dates import agreement


def count(
    orphan_projects: pd.DataFrame,
    orphan_designations: pd.DataFrame,
    orphan_approvals: pd.DataFrame,
    biologic_licences: pd.DataFrame,
    royalty_money: pd.DataFrame,
) -> dict:
    """Return numbers of projects, sponsors, names and agreeing dates, and the least and greatest share of money raised early."""
    sample = orphan_projects[orphan_projects["in_sample"]]
    events = sample[sample["event_firm"] == 1]
    dates = agreement(orphan_approvals, biologic_licences)["days_later"]
    named = orphan_designations.dropna(subset=["sponsor"])
    brackets = pd.to_datetime(named["withdrawn_by"]) - pd.to_datetime(named["withdrawn_after"])
    paid = royalty_money.dropna(subset=["paid_million"])
    known = paid[paid["before"] != "no listed approval"]
    return {
        "n_designations": len(orphan_projects),
        "n_approved": int(orphan_projects["approved"].sum()),
        "n_withdrawn": int(orphan_projects["withdrawn_to"].notna().sum()),
        "bracket_years": float(brackets.dt.days.median() / 365.25),
        "share_renamed": float(named["later_sponsor"].notna().mean()),
        "n_sample": len(sample),
        "n_sponsors": int(sample["sponsor"].nunique()),
        "n_event_sponsors": int(events["sponsor"].nunique()),
        "n_event_projects": len(events),
        "n_after": int(events["designated_after"].sum()),
        "n_after_approved": int(events.loc[events["designated_after"] == 1, "approved"].sum()),
        "n_completed_after": int((events["approved"] * events["designated_after"]).sum()),
        "n_completed_before": int((events["approved"] * (1 - events["designated_after"])).sum()),
        "n_after_followed": int(((events["designated_after"] == 1) & (events["months"] >= 96)).sum()),
        "n_after_withdrawn": int(events.loc[events["designated_after"] == 1, "withdrawn_by_cut"].notna().sum()),
        "n_exposed_approved": int(((events["approved"] == 1) & (events["months"] > events["months_to_event"])).sum()),
        "n_near_event": int(events["near_event"].sum()),
        "n_event_approved": int(events["approved"].sum()),
        "n_brands": len(dates),
        "n_brands_same_day": int((dates == 0).sum()),
        "n_brands_early": int((dates < -7).sum()),
        "money_least": float(known.loc[known["before"] == "before", "paid_million"].sum() / paid["paid_million"].sum()),
        "money_most": float(paid.loc[paid["before_or_none"] == "yes", "paid_million"].sum() / paid["paid_million"].sum()),
    }
