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

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from analysis.core.estimates import NotIdentified
from analysis.inference.randomization import Draws, moments
from analysis.inference.standard_units import varies

# Columns of a stacked panel beside the unit and the risk sets.
COLUMNS = ("stack", "event_time", "treated")
# Numbers of one array that are held at a time: they stay in the processor's cache.
HELD = 200_000


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
    effect, influence = Comparison(stacks, selection).evaluate(treated[None])
    return effect[:, 0], influence[:, 0]


class Comparison:
    """The comparison of treated and controls over selected event times, made ready once for many assignments.

    Few units are treated: sums over controls are those over all units, which no assignment changes, less those over the treated.
    """

    def __init__(self, stacks: Stacks, selection: np.ndarray) -> None:
        order = np.argsort(stacks.cell, kind="stable")
        bounds = np.concatenate([[0], np.cumsum(np.bincount(stacks.cell, minlength=stacks.n_cells))])
        self.order, self.cells = order, [slice(int(i), int(j)) for i, j in pairwise(bounds)]
        self.valid = stacks.valid[selection][:, order].astype(float)
        self.change = stacks.change[:, selection][:, :, order] * self.valid
        cluster = stacks.cluster[order]
        self.of_cluster = csr_array((np.ones(len(order)), (cluster, np.arange(len(order)))), (int(cluster.max()) + 1, len(order)))

    def evaluate(self, treated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return effects (2, draws) of assignments (draws, units), and influence by cluster (2, draws, clusters); NaN where none exists."""
        on = treated[:, self.order].astype(float)
        number, total = np.zeros(len(on)), np.zeros((2, len(on)))
        held = []
        for own in self.cells:
            if not on[:, own].any():
                continue
            valid, change = self.valid[:, own], self.change[:, :, own]
            n_t, sum_t = on[:, own] @ valid.T, on[:, own] @ change.swapaxes(1, 2)
            n_c = valid.sum(1) - n_t
            mean_c = (change.sum(2)[:, None] - sum_t) / np.maximum(n_c, 1)
            exists = (n_t > 0) & (n_c > 0)
            number += (n_t * exists).sum(1)
            total += ((sum_t - n_t * mean_c) * exists).sum(2)
            held.append((own, exists, np.where(exists, n_t / np.maximum(n_c, 1), 0.0), mean_c))
        number[number == 0] = np.nan
        effect = total / number
        influence = np.zeros((2, *on.shape))
        for own, exists, share, mean_c in held:
            # Of controls first, as if all units were; then of the treated in their place.
            valid, change = self.valid[:, own], self.change[:, :, own]
            part = (share * mean_c) @ valid - share @ change
            draw, unit = np.nonzero(on[:, own])
            gap = change[:, :, unit] - (mean_c[:, draw] + effect[:, draw, None]).swapaxes(1, 2) * valid[:, unit]
            part[:, draw, unit] = (gap * exists[draw].T).sum(1)
            influence[:, :, own] = part
        influence /= number[:, None]
        by_cluster = [(self.of_cluster @ layer.T).T for layer in influence]
        return effect, np.stack(by_cluster)

    def draws(self, treated: Iterable[np.ndarray]) -> Draws:
        """Return the Draws of assignments, each (units,)."""
        rest, size = iter(treated), max(1, HELD // (2 * len(self.order)))
        found = []
        while block := list(islice(rest, size)):
            found.append(moments(*self.evaluate(np.stack(block))))
        return Draws.joined(found)


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
    size = max(1, HELD // len(cell))
    rows = np.arange(size)[:, None]
    while True:
        draw, permuted = generator.random((size, len(cell))), np.zeros((size, len(cell)), dtype=bool)
        for units, k in places:
            permuted[rows, units[np.argpartition(draw[:, units], k - 1, axis=1)[:, :k]]] = True
        yield from permuted
