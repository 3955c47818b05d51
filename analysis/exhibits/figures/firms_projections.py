"""Local projections of the claimed cycle: what follows the first issue, year by year."""

from analysis.exhibits.figures._event_study import event_study, mark_true_effects


def draw(firm_local_projections, true_effects, outcomes):
    """Return one panel per outcome: differences since the year before the issue, against clean controls."""
    figure = event_study(firm_local_projections, outcomes, "cluster", "cluster", columns=2)
    return mark_true_effects(figure, firm_local_projections, true_effects, outcomes)
