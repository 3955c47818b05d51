"""Local projections of the claimed cycle: what follows the first issue, year by year."""

import pandas as pd
from matplotlib.figure import Figure

from analysis.exhibits.figures._event_study import event_study, mark_true_effects


def draw(firm_local_projections: pd.DataFrame, true_effects: pd.DataFrame, outcomes: dict) -> Figure:
    """Return one panel per outcome: differences since the year before the issue, against clean controls."""
    figure = event_study(firm_local_projections, outcomes, "cluster", "cluster", columns=2)
    return mark_true_effects(figure, firm_local_projections, true_effects, outcomes)
