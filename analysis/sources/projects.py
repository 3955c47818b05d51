"""Projects from filing to first sale, from a reader's files or the simulated cohort."""

import pandas as pd

from analysis.core.rawfiles import RawFiles
from analysis.sources._firm_reading import reading_of


def clean(firm_files: RawFiles) -> pd.DataFrame:
    """Return the table projects of the firm files (columns: config/tables/projects.yaml)."""
    return reading_of(firm_files).tables["projects"]
