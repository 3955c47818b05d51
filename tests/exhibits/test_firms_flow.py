import pandas as pd
import pytest

from analysis.exhibits.tables.firms_flow import _listed

pytestmark = pytest.mark.fast


def test_files_are_listed_by_size_and_those_beyond_the_limit_together():
    notes = pd.DataFrame({"file": ["a", "b", "c", "a"], "rule": ["r"] * 4, "count": [1, 5, 2, 2]})
    assert _listed(notes, "file", 2) == [{"Step": "  b", "Rows": 5}, {"Step": "  a", "Rows": 3}, {"Step": "  1 more", "Rows": 2}]
    assert _listed(notes[notes["file"] == "b"], "file", 2) == []
    assert _listed(notes, "rule", 2, "    ") == [{"Step": "    r", "Rows": 10}]
