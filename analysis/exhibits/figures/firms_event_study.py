"""Firms around their first issue: R&D to sales, its numerator and its denominator, with what was planted."""

from analysis.exhibits.figures._event_study import event_study, mark_planted


def draw(firm_event_study, planted_truth, outcomes):
    """Return one panel an outcome."""
    figure = event_study(firm_event_study, outcomes, "analytic", "analytic")
    return mark_planted(figure, firm_event_study, planted_truth, outcomes)
