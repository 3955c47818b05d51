"""Which choice moves the effect on R&D to GDP of provinces."""

import pandas as pd
from matplotlib.figure import Figure

from analysis.exhibits.figures._specification_curve import choices


def draw(province_rd_curve: pd.DataFrame, province_rd_curve_joint: pd.DataFrame) -> Figure:
    """Return median and range of the estimates by each choice made alone."""
    return choices(province_rd_curve, province_rd_curve_joint)
