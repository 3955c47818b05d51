"""Institutions of four jurisdictions, dimension by dimension."""

from __future__ import annotations

import pandas as pd


def clean(institutions_facts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per dimension and jurisdiction, dimensions in the order of the file."""
    positions = {dimension: place for place, dimension in enumerate(dict.fromkeys(institutions_facts["dimension"]), start=1)}
    return institutions_facts.drop(columns="source_title").assign(position=institutions_facts["dimension"].map(positions).astype("Int64"))
