"""A reader's firm files, or the simulated cohort in their place, read once for the table that asks."""

from __future__ import annotations

from analysis.core.errors import DataError
from analysis.core.rawfiles import RawFiles, is_simulated
from analysis.sources.firms.folder import Reading, read_folder

SHOWN = 60


def reading_of(firm_files: RawFiles) -> Reading:
    """Return what the files hold. Rows that break a rule stop the run with a list of them, unless the map says `drop`.

    In the simulated cohort they are always dropped: its errors are there to be found.
    """
    about = firm_files.contract
    reading = read_folder(list(firm_files.paths.values()), about["adapters"], about["tables"])
    refused = reading.refused()
    if refused and about["invalid"] == "stop" and not is_simulated(about):
        more = [f"... and {len(refused) - SHOWN} more"] if len(refused) > SHOWN else []
        raise DataError("\n".join([*map(str, refused[:SHOWN]), *more]))
    return reading
