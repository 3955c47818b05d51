"""Speed and memory as measured by `make benchmark`, with the exponent of growth in rows."""

from __future__ import annotations

import numpy as np
import pandas as pd


def clean(speed_measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the measurements with `growth`: log of the ratio of seconds over log of the ratio of rows, since the size before."""
    table = speed_measurements.sort_values(["task", "implementation", "rows"], ignore_index=True)
    by = table.groupby(["task", "implementation"], sort=False)
    more_rows = np.log(table["rows"].astype(float)) - np.log(by["rows"].shift().astype(float))
    return table.assign(growth=(np.log(table["seconds"].astype(float)) - np.log(by["seconds"].shift().astype(float))) / more_rows)
