"""Pilot programmes by place; what is not a whole city is marked, because a district treats only a part of one."""

from __future__ import annotations

import pandas as pd

WHOLE = ("prefecture/sub-provincial", "province/municipality", "province", "municipality")


def clean(pilot_programmes: pd.DataFrame) -> pd.DataFrame:
    """Return one row per programme and place."""
    return pilot_programmes.assign(prefecture_wide=pilot_programmes["level"].isin(WHOLE))
