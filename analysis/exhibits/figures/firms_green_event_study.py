"""New-energy firms around their first issue: whether they invest in carbon reduction at all."""

from analysis.exhibits.figures._event_study import event_study, mark_planted


def draw(firm_green_event_study, planted_truth, outcomes):
    """Return one panel, with what was planted."""
    figure = event_study(firm_green_event_study, outcomes, "analytic", "analytic", columns=2)
    return mark_planted(figure, firm_green_event_study, planted_truth, outcomes)
