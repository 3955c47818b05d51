"""IP financing events of firms, from a reader's files or the simulated cohort."""

from analysis.sources._firm_reading import reading_of


def clean(firm_files):
    """Return the table financing_events of the firm files (columns: config/tables/financing_events.yaml)."""
    return reading_of(firm_files).tables["financing_events"]
