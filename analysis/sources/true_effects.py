"""SIMULATED. The true effects of the simulated cohort; absent where a reader's own files are present."""

import pandas as pd

from analysis.core.rawfiles import RawFiles
from analysis.core.storage import read_table


def clean(true_effects_raw: RawFiles) -> pd.DataFrame:
    """Return quantity, at ('overall' or years since the first issue), value, cells and preset."""
    truth = read_table(true_effects_raw.paths["truth"])
    return truth.astype({"quantity": "string", "at": "string", "preset": "string", "cells": "Int64"})
