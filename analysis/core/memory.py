"""How much memory an estimate takes at its peak, known before it begins, and how much there is."""

from __future__ import annotations

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


def needed(estimator: str, rows: int, further: int = 0) -> float:
    """Return the bytes that an estimate on `rows` takes about, with `further` columns beside outcome, unit, time and treatment."""
    return AT_REST + rows * (PEAK.get(estimator, OTHERS) + A_COLUMN * further)


def available() -> float:
    """Return the bytes that can be had without swapping, within what a container allows."""
    import psutil  # here, because small estimates do not ask

    free = psutil.virtual_memory().available
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as most, open("/sys/fs/cgroup/memory.current", encoding="ascii") as used:
            return min(free, float(most.read()) - float(used.read()))
    except (OSError, ValueError):  # no such limit
        return free
