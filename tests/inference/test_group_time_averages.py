"""Influence functions of cohort averages."""

import numpy as np
import pandas as pd
import pytest

from analysis.inference.group_time_cells import panel_of
from analysis.inference.group_time_draws import cells_of, permuted_averages


def panel(rows):
    long = pd.DataFrame(rows, columns=["unit", "cohort", "year", "y"])
    return panel_of(long, "y", "unit", "year", "cohort")


def test_a_cohort_of_one_unit_counts_with_its_distance_from_the_average():
    """Two treated units, each alone in its cohort, effects 1 and 5; controls without noise."""
    rows = [(u, g, t, float(effect * (t >= g))) for u, g, effect in (("a", 2011, 1), ("b", 2012, 5)) for t in range(2010, 2013)]
    rows += [(f"c{i}", np.nan, t, 0.0) for i in range(4) for t in range(2010, 2013)]
    data = panel(rows)
    cells = cells_of(data)
    value, influence = (found[:, 0, 0] for found in permuted_averages(cells, data.cohort[None], [cells.event_time >= 0]))
    # Cells (2011: 2011, 2012; 2012: 2012) with equal shares: effects 1, 1, 5.
    assert value[0] == pytest.approx(7 / 3)
    at = {unit: position for position, unit in enumerate(data.units)}
    assert influence[0, at["a"]] == pytest.approx(6 / 3 * ((1 - 7 / 3) + (1 - 7 / 3)))
    assert influence[0, at["b"]] == pytest.approx(6 / 3 * (5 - 7 / 3))
