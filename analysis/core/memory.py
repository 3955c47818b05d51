"""How much memory an estimate takes at its peak, known before it begins, and how much there is."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

GIB = 2**30
# What Python and its libraries take.
AT_REST = 0.2 * GIB
# Bytes at the peak for each row of the file, names of units being text, as measured at two or ten million rows
# (`make scaling` measures anew). Not listed: more than any that is.
PEAK = {
    "borusyak_jaravel_spiess": 360,
    "callaway_santanna": 340,
    "cox": 320,
    "de_chaisemartin_dhaultfoeuille": 400,
    "extended_two_way_fixed_effects": 700,
    "gardner_two_stage": 360,
    "goodman_bacon": 500,
    "local_projections_did": 440,
    "poisson_pseudo_likelihood": 420,
    "stacked_did": 620,
    "sun_abraham": 340,
    "two_way_fixed_effects": 340,
}
OTHERS = 1000
# A control is held as it was read, in the sample and in the design, and there net of the effects.
A_COLUMN = 32
# Below this nobody asks.
LITTLE = GIB / 2
# What a stream takes of a file for which somebody asks, whatever its size.
STREAM = GIB / 2
# Address space that libraries reserve and hardly use, of which `ulimit -v` counts all.
RESERVED = GIB / 2
# Files of a control group: the most it may take, what it takes, and how much of that are pages of files that nobody reads now.
VERSION_1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
VERSION_2 = ("memory.max", "memory.current", "inactive_file")


def needed(estimator: str, rows: int, further: int = 0) -> float:
    """Return the bytes that an estimate on `rows` takes about, with `further` columns beside outcome, unit, time and treatment."""
    return AT_REST + rows * (PEAK.get(estimator, OTHERS) + A_COLUMN * further)


def available() -> float:
    """Return the bytes that can be had without swapping, within what groups of processes (a container, a job of a cluster) and `ulimit` allow."""
    import psutil  # here, because small estimates do not ask

    return min(psutil.virtual_memory().available, *_left_of_address_space(), *left_of_groups())


def _left_of_address_space() -> list[float]:
    try:
        import resource
    except ImportError:  # Windows
        return []
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    if most == resource.RLIM_INFINITY:
        return []
    import psutil

    return [max(most - psutil.Process().memory_info().vms - RESERVED, 0.0)]


def left_of_groups(listed: Path = Path("/proc/self/cgroup"), mounted: Path = Path("/sys/fs/cgroup")) -> list[float]:
    """Return what is left to each group that this process is in, of either version of Linux's control groups; pages of files can be had."""
    try:
        lines = listed.read_text(encoding="utf-8").splitlines()
    except OSError:  # another system
        return []
    found = []
    for line in lines:
        number, kinds, own = line.split(":", 2)
        if number != "0" and "memory" not in kinds.split(","):
            continue
        root, (most, used, files) = (mounted, VERSION_2) if number == "0" else (mounted / "memory", VERSION_1)
        own_folder = root / own.lstrip("/")
        for folder in (own_folder, *own_folder.parents):
            if folder.is_relative_to(root):
                with suppress(OSError, ValueError):  # no such limit
                    cached = re.search(rf"^{files} (\d+)$", (folder / "memory.stat").read_text(encoding="ascii"), re.MULTILINE)
                    taken = float((folder / used).read_text(encoding="ascii")) - (float(cached[1]) if cached else 0.0)
                    found.append(max(float((folder / most).read_text(encoding="ascii")) - taken, 0.0))
    return found
