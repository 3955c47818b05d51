"""Projects from filing to first sale, from a reader's files or the simulated cohort."""

from analysis.sources._firm_reading import reading_of


def clean(firm_files):
    """Return the table projects of the firm files (columns: config/tables/projects.yaml)."""
    return reading_of(firm_files).tables["projects"]
