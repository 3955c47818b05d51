"""Event study of biopharma firms around their first royalty monetisation."""

from analysis.exhibits.figures._event_study import event_study


def draw(royalty_stacked, outcomes):
    """Return one panel per outcome, with intervals clustered by firm."""
    return event_study(royalty_stacked, outcomes, "cluster", "randomization_t")
