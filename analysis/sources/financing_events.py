"""IP financing events of firms, from a reader's files or the simulated cohort."""

import pandas as pd

from analysis.core.rawfiles import RawFiles
from analysis.sources._firm_reading import reading_of


def clean(firm_files: RawFiles) -> pd.DataFrame:
    """Return the table financing_events of the firm files (columns: config/tables/financing_events.yaml)."""
    return reading_of(firm_files).tables["financing_events"]
