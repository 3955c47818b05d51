"""What a run needs of the machine: room, folders that can be written, a cache, a clock that is not behind its files."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

FEW_JOBS = "IPS_FEW_JOBS"  # in the environment where a job or two will run: what they are forked from then loads nothing
ROOM = 50 * 2**20  # bytes free below which a run would break off


def lacking(root: Path, folders: Iterable[str]) -> str:
    """Return in a line what keeps a run in `root` from writing into `folders`, or an empty string."""
    free = shutil.disk_usage(root).free
    if free < ROOM:
        return f"the disk that holds {root} has {free / 2**20:.1f} MB left; make room (what was finished is kept)"
    closed = [name for name in folders if (root / name).exists() and not os.access(root / name, os.W_OK)]
    return f"{root}: cannot write into {', '.join(closed)} (read-only, or somebody else's)" if closed else ""


def cache_variables(folder: Path) -> dict[str, str]:
    """Return the variables by which programs find a cache that they can write: none where the user's own will do, else `folder`."""
    try:
        own = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "snakemake"
        own.mkdir(parents=True, exist_ok=True)
        usable = os.access(own, os.W_OK)
    except (OSError, RuntimeError):  # the latter where nobody knows a home
        usable = False
    return {} if usable else {"XDG_CACHE_HOME": str(folder)}


def date_back(root: Path, state: Mapping[str, list]) -> bool:
    """Date files of the checkout that are from the future now, as after a clock was set back; return whether there were any.

    `state` is path relative to `root` → [size, time of change in ns]. Snakemake refuses what is made before what it is made from.
    """
    now = time.time_ns()
    late = [path for path, about in state.items() if not path.startswith("..") and len(about) > 1 and about[1] > now]
    for path in late:
        with contextlib.suppress(OSError):
            os.utime(root / path)
    return bool(late)
