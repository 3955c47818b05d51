"""The lines travel with a frame through pandas, unchanged and for free."""

import copy

import numpy as np
import pandas as pd
import pytest

from analysis.sources.files.lines import Lines

pytestmark = pytest.mark.fast


def test_lines_are_their_own_copy_and_survive_pandas():
    lines = Lines(np.array([2, 5, 9]))
    frame = pd.DataFrame({"y": [1.0, np.nan, 3.0]})
    frame.attrs["lines"] = lines
    kept = pd.concat([frame.dropna(), frame.assign(z=1)])
    assert copy.deepcopy(lines) is lines and frame.dropna().attrs["lines"] is lines and len(kept) == 5
    assert lines[1] == 5 and lines[frame.dropna().index].tolist() == [2, 9] and len(lines) == 3
