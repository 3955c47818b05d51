"""What was found in the firm files: refused, duplicate, restated and filtered rows, and conflicts between sources."""

import pandas as pd

from analysis.core.rawfiles import RawFiles
from analysis.sources._firm_reading import reading_of
from analysis.sources.firms.folder import Reading

COLUMNS = ["table", "kind", "file", "rule", "row", "column", "value", "count"]


def clean(firm_files: RawFiles) -> pd.DataFrame:
    """Return one row per finding, numbered within its table in the order of files and rows."""
    return notes_of(reading_of(firm_files))


def notes_of(reading: Reading) -> pd.DataFrame:
    """Return the findings of a reading as the table firm_notes."""
    findings = [vars(finding) for finding in reading.findings]
    notes = pd.DataFrame(findings, columns=COLUMNS).drop_duplicates(ignore_index=True)
    notes["number"] = notes.groupby("table").cumcount() + 1
    for name in [*COLUMNS, "number"]:
        notes[name] = notes[name].astype("Int64" if name in ("row", "count", "number") else "string")
    return notes
