"""A reader's firm files, or the simulated cohort in their place, read once for the table that asks."""

from __future__ import annotations

from analysis.core.errors import DataError
from analysis.core.rawfiles import ROOT, RawFiles, is_simulated
from analysis.sources.firms.folder import Reading, read_folder
from analysis.sources.firms.kept import kept
from analysis.sources.firms.policies import DROP, Policies

SHOWN = 60
# Beside Snakemake's own memory: not a product, and gone with it.
KEPT = ".snakemake/firm_readings"
# The simulated cohort's errors are there to be found: they never stop a run, and its figures are in million.
SIMULATED = Policies(DROP, DROP, DROP, DROP, "note")


def reading_of(firm_files: RawFiles) -> Reading:
    """Return what the files hold. What its policy refuses stops the run with a list."""
    about = firm_files.contract
    files = list(firm_files.paths.values())
    if is_simulated(about):
        return read_folder(files, about["adapters"], about["tables"], SIMULATED)
    settings = [about["adapters"], about["tables"], about["policies"]]
    policies = Policies(**about["policies"])
    reading = kept(files, settings, ROOT / KEPT, lambda: read_folder(files, about["adapters"], about["tables"], policies))
    if refused := reading.refused():
        more = [f"... and {len(refused) - SHOWN} more"] if len(refused) > SHOWN else []
        raise DataError("\n".join([*map(str, refused[:SHOWN]), *more, "`python -m analysis doctor FOLDER` proposes what to do."]))
    return reading
