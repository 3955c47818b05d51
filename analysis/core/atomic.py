"""Files written whole or not at all, and what a killed process left of one it was writing."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

TEMPORARY = re.compile(r"\.(\d+)\..+")  # process that writes it, final name


@contextlib.contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes the final name only if the block succeeds."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def sweep(folder: Path, leaving: tuple[str, ...] = ()) -> list[Path]:
    """Remove the temporary files below `folder` but those in folders named in `leaving`; return those that were removed.

    For who knows that nobody writes there, as a run does that holds the lock. Whether the process that a name gives is alive would
    not tell: numbers of processes come again, and a killed one may stay in the table of processes.
    """
    left = [path for path in folder.rglob(".*") if TEMPORARY.fullmatch(path.name) and path.is_file()]
    left = [path for path in left if not set(leaving) & set(path.relative_to(folder).parts)]
    for path in left:
        path.unlink(missing_ok=True)
    return left
