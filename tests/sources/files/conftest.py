"""A file from text, and what is read of it."""

import numpy as np
import pytest

from analysis.sources.files.asked import Reading
from analysis.sources.files.file import read

ROLES = {"id": {"unit"}, "y": {"outcome"}}


@pytest.fixture
def reading(tmp_path):
    """Return a function: contents (text or bytes) → the frame that is read; `roles` are those of an id and an outcome by default."""

    def read_text(contents, roles=None, also=(), name="table.csv", **asked):
        path = tmp_path / name
        path.write_bytes(contents.encode() if isinstance(contents, str) else contents)
        return read(str(path), roles or ROLES, Reading(**asked), also)

    return read_text


def lines_of(frame):
    return np.asarray(frame.attrs["lines"]).tolist()
