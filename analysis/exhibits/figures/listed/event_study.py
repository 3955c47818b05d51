"""Effects by time since treatment, one panel per outcome."""

from matplotlib.figure import Figure

from analysis.core.comparisons import Comparison
from analysis.exhibits.figures._event_study import event_study_of


def draw(comparison: Comparison, outcomes: dict) -> Figure:
    """Return the figure of the specification that the entry is `from`, with intervals of `inference` and the p-value of `overall`."""
    return event_study_of(comparison, outcomes)
