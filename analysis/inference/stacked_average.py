"""Stacked cohorts compared within risk sets: matched differences of means, fast enough to permute.

A stack holds the firms treated in one year and the controls at risk in that year (Cengiz, Dube, Lindner and Zipperer
2019, QJE 134: 1405-1454); cells split it by industry and country group. For event time e the effect in a cell is the
mean change since the reference period of treated less control stack-units, and cells are averaged by their treated,
so that weights are those of Wing, Freedman and Hollingsworth (2024, NBER 32054, equation 5) and no cohort is
weighted twice through its controls. Residuals of treated units are taken around the overall effect: a cell with one
treated unit has none around its own mean. Variances cluster by unit across stacks. All of it is linear in the
outcome, as inference.randomization asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified
from analysis.inference.standard_units import varies

# Columns of a stacked panel beside the unit and the risk sets.
COLUMNS = ("stack", "event_time", "treated")


@dataclass(frozen=True)
class Stacks:
    """Stack-units: changes of Y and D (2, events, units), which exist, the cell and the cluster of each, who is treated.

    `members` names the stack and the unit of each.
    """

    change: np.ndarray
    valid: np.ndarray
    event_time: np.ndarray
    cell: np.ndarray
    cluster: np.ndarray
    treated: np.ndarray
    cell_names: tuple[str, ...] = ()
    members: pd.MultiIndex | None = None

    @property
    def n_cells(self) -> int:
        return int(self.cell.max()) + 1


def stacks_of(data: pd.DataFrame, outcome: str, unit: str, event_times: range, reference: int, effect: range) -> Stacks:
    """Return the Stacks of a long table with columns stack, cell, event_time, treated and `unit`.

    Stack-units without the reference period are left out; it may lie outside `event_times`. D is one for treated units in the `effect` periods.
    Raises NotIdentified where nobody has the reference period.
    """
    if not varies(data[[outcome]].to_numpy(float))[0]:
        raise NotIdentified("SUPPORT", "the outcome does not vary")
    if not (data["event_time"] == reference).any():
        raise NotIdentified("SUPPORT", f"event time {reference}, the reference, is not observed")
    wide = data.pivot(index=["stack", unit], columns="event_time", values=outcome)
    wide = wide[[e for e in wide.columns if int(e) in event_times or e == reference]]
    base = wide[reference]
    wide = wide[base.notna()]
    about = data.drop_duplicates(["stack", unit]).set_index(["stack", unit]).loc[wide.index]
    times = np.array([e for e in wide.columns if e != reference])
    y = (wide[times].to_numpy(float) - wide[[reference]].to_numpy(float)).T
    treated = about["treated"].to_numpy(bool)
    in_force = np.array([int(e) in effect for e in times], dtype=float)[:, None] * treated[None, :]
    valid = ~np.isnan(y)
    change = np.where(valid, np.stack([y, in_force]), 0.0)
    cell, names = pd.factorize(about["cell"].to_numpy(str), sort=True)
    cluster = pd.factorize(wide.index.get_level_values(unit), sort=True)[0]
    return Stacks(change, valid, times, cell, cluster, treated, tuple(names), wide.index)


def need_stacks(data: pd.DataFrame, unit: str, cell: str) -> None:
    """Refuse a table in which a stack-unit has two rows at an event time, or is in two risk sets, or treated only in part."""
    stack = data["stack"].astype(str)
    for name in (*COLUMNS, unit, cell):
        if data[name].isna().any():
            raise NotIdentified("STACK", f"{int(data[name].isna().sum())} rows have no {name}")
    event_time = pd.to_numeric(data["event_time"], errors="coerce")
    if (event_time.isna() | (event_time % 1 != 0)).any():
        raise NotIdentified("STACK", "event_time must hold whole numbers")
    if not data["treated"].isin([0, 1]).all():
        raise NotIdentified("STACK", "treated must be 0 or 1: 1 in every row of a unit that its stack's event treats")
    pair = data.groupby(["stack", unit], sort=False).ngroup()
    if (twice := pd.DataFrame({"pair": pair, "event_time": event_time}).duplicated()).any():
        row = int(np.argmax(twice))
        where = f"stack {stack.iloc[row]}, unit {data[unit].iloc[row]}, event time {int(event_time.iloc[row])}"
        raise NotIdentified("STACK", f"a unit has one row per event time in a stack; {int(twice.sum())} rows repeat one, first {where}")
    for name, rule in (("treated", "treated in all rows of a stack or in none"), (cell, "in one risk set of a stack")):
        if (mixed := data.groupby(pair)[name].transform("nunique").to_numpy() > 1).any():
            row = int(np.argmax(mixed))
            raise NotIdentified("STACK", f"a unit is {rule}; stack {stack.iloc[row]}, unit {data[unit].iloc[row]} is not")


def evaluate(stacks: Stacks, treated: np.ndarray, selection: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the effect (2,) over the selected event times and its influence by cluster (2, clusters).

    `treated` (units,) may be permuted; cells without treated or without controls at an event time do not count.
    """
    return Comparison(stacks, selection).evaluate(treated)


class Comparison:
    """The comparison of treated and controls over selected event times, made ready once for many assignments.

    Few units are treated: sums over controls are those over all units, which no assignment changes, less those over the treated.
    """

    def __init__(self, stacks: Stacks, selection: np.ndarray) -> None:
        self.cell, self.cluster, self.n_clusters = stacks.cell, stacks.cluster, int(stacks.cluster.max()) + 1
        self.n_cells, self.valid = stacks.n_cells, stacks.valid[selection].astype(float)
        self.change = stacks.change[:, selection] * self.valid
        self.inside = np.zeros((len(self.cell), self.n_cells))
        self.inside[np.arange(len(self.cell)), self.cell] = 1.0
        self.number, self.sum = self.valid @ self.inside, self.change @ self.inside

    def evaluate(self, treated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the effect (2,) of an assignment (units,), and its influence by cluster (2, clusters); NaN where none exists."""
        on = np.flatnonzero(treated)
        n_t, sum_t = self.valid[:, on] @ self.inside[on], self.change[:, :, on] @ self.inside[on]
        n_c = self.number - n_t
        exists = (n_t > 0) & (n_c > 0)
        total = (n_t * exists).sum()
        if total == 0:
            return np.full(2, np.nan), np.full((2, self.n_clusters), np.nan)
        mean_c = (self.sum - sum_t) / np.maximum(n_c, 1)
        effect = ((sum_t - n_t * mean_c) * exists).sum((1, 2)) / total
        share = np.where(exists, n_t / np.maximum(n_c, 1), 0.0)
        # Of controls first, as if all units were; then of the treated in their place.
        of_mean = np.einsum("leu,eu->lu", (share * mean_c)[:, :, self.cell], self.valid)
        influence = of_mean - np.einsum("leu,eu->lu", self.change, share[:, self.cell])
        own = self.cell[on]
        gap = self.change[:, :, on] - (mean_c[:, :, own] + effect[:, None, None]) * self.valid[:, on]
        influence[:, on] = (gap * exists[:, own]).sum(1)
        influence /= total
        return effect, np.stack([np.bincount(self.cluster, layer, self.n_clusters) for layer in influence])


def _sides(stacks: Stacks, treated: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return membership of cells (cells, units), and observed treated and controls (events, units)."""
    cells = np.zeros((stacks.n_cells, len(treated)))
    cells[stacks.cell, np.arange(len(treated))] = 1.0
    return cells, valid * treated[None, :], valid * ~treated[None, :]


def compared(stacks: Stacks, selection: np.ndarray) -> np.ndarray:
    """Return which stack-units (units,) are treated and enter the effect at a selected event time, beside a control of their cell."""
    valid = stacks.valid[selection]
    cells, part_t, part_c = _sides(stacks, stacks.treated, valid)
    return (part_t & ((part_c @ cells.T) > 0)[:, stacks.cell]).any(0)


def treated_by_event(stacks: Stacks) -> np.ndarray:
    """Return how many treated enter the effect at each event time (events,): the weights of event times in any average."""
    cells, part_t, part_c = _sides(stacks, stacks.treated, stacks.valid)
    both = (part_t @ cells.T) * ((part_c @ cells.T) > 0)
    return both.sum(1)


def permutations(cell: np.ndarray, treated: np.ndarray, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield treatments (units,) permuted among the stack-units of each cell, without end: those with the smallest of uniform draws."""
    count = np.bincount(cell[treated], minlength=int(cell.max()) + 1)
    places = [(np.flatnonzero(cell == c), k) for c, k in enumerate(count) if k]
    while True:
        draw, permuted = generator.random(len(cell)), np.zeros(len(cell), dtype=bool)
        for units, k in places:
            permuted[units[np.argpartition(draw[units], k - 1)[:k]]] = True
        yield permuted
