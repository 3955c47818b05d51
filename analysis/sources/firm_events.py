"""Royalty monetisation in biopharma and other ways in which listed firms raised money on IP.

It is the nearest evidence on firms in open data, not IP securitization itself. Only rows of high or medium confidence
with a year date an event; all others merely keep the firm out of the controls.
"""

from __future__ import annotations

import pandas as pd

CLASSES = {
    "royalty sale": "royalty sale",
    "synthetic royalty": "synthetic royalty",
    "royalty notes": "notes or loan",
    "IP-backed loan": "notes or loan",
    "IP-ABS": "notes or loan",
    "whole-business notes": "notes or loan",
}


def clean(ip_financing_events: pd.DataFrame) -> pd.DataFrame:
    """Return one row per event with its class and whether it may date a treatment."""
    raw = ip_financing_events
    return raw.drop(columns=["amount_basis", "source_title"]).assign(
        instrument_class=raw["instrument"].map(CLASSES),
        dated=raw["confidence"].isin(["high", "medium"]) & raw["event_year"].notna(),
    )
