"""Effects by time since treatment, one panel per outcome, beside the true effects of simulated firms."""

import pandas as pd
from matplotlib.figure import Figure

from analysis.core.comparisons import Comparison
from analysis.exhibits.figures._event_study import event_study_of, mark_true_effects


def draw(comparison: Comparison, true_effects: pd.DataFrame, outcomes: dict) -> Figure:
    """Return the figure of the specification that the entry is `from`; without true effects where the firms are a reader's own."""
    estimates = comparison.tables[comparison.entry["from"]]
    return mark_true_effects(event_study_of(comparison, outcomes), estimates, true_effects, outcomes)
