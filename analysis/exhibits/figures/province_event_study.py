"""Event study of provinces around their first IP securitization."""

from analysis.exhibits.figures._event_study import event_study


def draw(province_event_study, outcomes):
    """Return one panel per outcome, with randomization intervals."""
    return event_study(province_event_study, outcomes, "randomization_t", "randomization_t")
