"""New-energy firms around their first issue: whether they invest in carbon reduction at all."""

from analysis.exhibits.figures._event_study import event_study, mark_true_effects


def draw(firm_green_event_study, true_effects, outcomes):
    """Return one panel, with the true effects."""
    figure = event_study(firm_green_event_study, outcomes, "analytic", "analytic", columns=2)
    return mark_true_effects(figure, firm_green_event_study, true_effects, outcomes)
