"""Firms around their first issue: R&D to sales, its numerator and its denominator, with the true effects."""

from analysis.exhibits.figures._event_study import event_study, mark_true_effects


def draw(firm_event_study, true_effects, outcomes):
    """Return one panel per outcome."""
    figure = event_study(firm_event_study, outcomes, "analytic", "analytic")
    return mark_true_effects(figure, firm_event_study, true_effects, outcomes)
