"""Which line of the file each row of a table comes from."""

from __future__ import annotations

from typing import Any

import numpy as np


class Lines:
    """The lines (or sheet rows) where the records start, header = 1; `lines[rows]` and numpy.asarray(lines) give them.

    pandas deep-copies `attrs` at every step and compares them with `==`: this object is never changed, so it is its own
    copy and equal only to itself.
    """

    def __init__(self, numbers: np.ndarray) -> None:
        self._numbers = np.asarray(numbers, dtype=np.int64)
        self._numbers.flags.writeable = False

    @classmethod
    def following(cls, first: int, count: int) -> Lines:
        """Return `count` lines without a gap, the first of which is `first`."""
        return cls(np.arange(first, first + count))

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, rows: Any) -> Any:
        return self._numbers[rows]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self._numbers if dtype is None else self._numbers.astype(dtype)

    def __deepcopy__(self, memo: dict) -> Lines:
        return self
