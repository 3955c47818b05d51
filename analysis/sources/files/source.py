"""A file that was opened: its header is known, its columns are read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import pandas as pd
import pyarrow as pa

from analysis.sources.files.lines import Lines

# Text cells of a text file, as written; or the typed values of a file that knows types.
Raw: TypeAlias = pa.ChunkedArray | pd.Series


@dataclass
class Source:
    """What every format offers.

    `take(positions, names)` reads the columns at these positions of the header; those also in `names` hold names, not
    numbers, which matters where a file has both (Stata's value labels). Notes and facts may grow while it reads.
    """

    header: list[str]
    take: Callable[[list[int], set[int]], tuple[list[Raw], Lines]]
    header_row: int = 1
    delimiter: str = ""
    # Where nobody says what a column is used as, text is text if its type was chosen, not typed by a person (text files, sheets).
    typed: bool = True
    facts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    attrs: dict = field(default_factory=dict)
