"""Biologic licences of the FDA's Purple Book."""

from __future__ import annotations

import pandas as pd

from analysis.sources._sponsors import one_name


def clean(biologic_licence_list: pd.DataFrame, orphan_sponsor_list: pd.DataFrame) -> pd.DataFrame:
    """Return one row per licence with its holder under one name."""
    return biologic_licence_list.assign(sponsor=one_name(biologic_licence_list["holder"], orphan_sponsor_list))
