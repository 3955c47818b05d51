"""What was found in the firm files: refused, duplicate, restated and filtered rows, and conflicts between sources."""

import pandas as pd

from analysis.sources._firm_reading import reading_of


def clean(firm_files):
    """Return one row a finding, numbered within its table in the order of files and rows."""
    findings = [vars(finding) for finding in reading_of(firm_files).findings]
    columns = ["table", "kind", "file", "rule", "row", "column", "value", "count"]
    notes = pd.DataFrame(findings, columns=columns).drop_duplicates(ignore_index=True)
    notes["number"] = notes.groupby("table").cumcount() + 1
    for name in [*columns, "number"]:
        notes[name] = notes[name].astype("Int64" if name in ("row", "count", "number") else "string")
    return notes
