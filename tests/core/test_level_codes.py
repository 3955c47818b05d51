"""Codes of levels are pandas', whichever way they are found."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.level_codes import distinct, level_codes

pytestmark = pytest.mark.fast

GENERATOR = np.random.default_rng(3)
COLUMNS = {
    "sorted": np.repeat(np.arange(700) * 3 - 50, 4),
    "sorted at the start only": np.append(np.repeat(np.arange(700), 4), [5, 1]),
    "shuffled": GENERATOR.permutation(np.repeat(np.arange(700), 4)),
    "falling": np.arange(3000)[::-1],
    "small whole numbers": np.repeat(np.array([1, 2, 250], dtype=np.uint8), 900),
    "text": np.repeat(np.array(["b", "a", "c"], dtype=object), 900),
    "with a gap": np.repeat([2.0, np.nan, 1.0], 900),
    "short": np.array([4, 4, 1]),
    "empty": np.array([], dtype=np.int64),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_codes_are_those_of_pandas(name):
    assert level_codes(pd.Series(COLUMNS[name])).tolist() == pd.factorize(COLUMNS[name])[0].tolist()


def test_distinct_values_counted_or_hashed_are_the_same():
    for values in (GENERATOR.integers(2001, 2030, 200_000), GENERATOR.integers(-(10**12), 10**12, 200_000), np.array([-3, 7, -3])):
        assert sorted(distinct(values)) == sorted(set(values.tolist()))
