"""Local projections of the claimed cycle: what follows the first issue, year by year."""

from analysis.exhibits.figures._event_study import event_study, mark_planted


def draw(firm_local_projections, planted_truth, outcomes):
    """Return one panel an outcome: differences since the year before the issue, against clean controls."""
    figure = event_study(firm_local_projections, outcomes, "cluster", "cluster", columns=2)
    return mark_planted(figure, firm_local_projections, planted_truth, outcomes)
