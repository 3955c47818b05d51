"""What is wrong with a data frame or its arguments, in the words of Python: errors are written for files and the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd

from analysis.core.columns import MARKS
from analysis.core.errors import BadOption, DataError, UnknownName
from analysis.core.specification import LISTS, SINGLE, flag

WHERE = "data frame"
FLAGS = {flag(name): name for name in (*SINGLE, *LISTS, "frequency")}
FLAG = re.compile(rf"({'|'.join(sorted(FLAGS, key=len, reverse=True))})(?![\w-])")
ROW = re.compile(rf"^{WHERE}, row (\d+)")


def as_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with rows counted from 0, as errors name them, and the name that errors give it; a file's own stays."""
    counted = frame.set_axis(pd.RangeIndex(len(frame)))
    counted.attrs = {"file": WHERE, "lines": range(len(frame)), **frame.attrs}
    return counted


def in_python(message: str, index: pd.Index) -> str:
    """Return a message with arguments for flags, and with the label in `index` of the row that it names, where that is another."""
    message = FLAG.sub(lambda found: FLAGS[found[1]], message.replace("--option ", "").replace(MARKS, "; make numbers of the column first"))
    return ROW.sub(lambda found: found[0] + _label(index, int(found[1])), message)


def _label(index: pd.Index, position: int) -> str:
    label = index[position]
    return "" if label == position else f" (index {label!r})"


@contextmanager
def errors_in_python(index: pd.Index) -> Iterator[None]:
    """Raise what goes wrong inside with its message in the words of Python."""
    try:
        yield
    except (BadOption, DataError, UnknownName) as error:
        error.args = (in_python(str(error), index),)
        raise
