"""Two-way regressions with every subset of the controls, from columns demeaned once (Frisch-Waugh-Lovell).

Fixed effects are swept out of the outcome, all controls and all treatments together; a subset of controls is then a
projection on a few columns, and a cluster level a sum of scores.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.inference.absorb import Absorber, absorbed, codes_of
from analysis.inference.cluster import cluster_sums, cr1_factor

COLLINEAR = 1e-10  # share of a column's variation that must remain


@dataclass(frozen=True)
class Swept:
    """Columns net of the fixed effects: `outcome` (rows,), `treatments` by dates (rows,), `controls` by name (rows, k).

    `codes` (rows, effects) of the effects; `before` the sum of squares of each treatment around its mean.
    """

    outcome: np.ndarray
    treatments: dict[str, np.ndarray]
    controls: dict[str, np.ndarray]
    codes: np.ndarray
    before: dict[str, float]

    def of(self, chosen: tuple[str, ...]) -> np.ndarray:
        """Return the columns (rows, k) of the `chosen` controls side by side."""
        return np.column_stack([self.controls[name] for name in chosen]) if chosen else np.empty((len(self.outcome), 0))


@dataclass(frozen=True)
class Fit:
    """One regression: choices, coefficient of the treatment, its standard error and degrees by cluster.

    `net_outcome` (rows,) is the outcome net of effects and controls; `weights` (k, rank) make orthonormal columns of the
    columns of the controls.
    """

    controls: tuple[str, ...]
    dates: str
    estimate: float
    errors: dict[str, tuple[float, int]]
    net_outcome: np.ndarray
    weights: np.ndarray


def effect_codes(data: pd.DataFrame, effects: list[str]) -> np.ndarray:
    """Return codes (rows, effects); 'a*b' is one effect for each pair of values of a and b."""
    columns = []
    for effect in effects:
        parts = [pd.factorize(data[part])[0] for part in effect.split("*")]
        code = parts[0]
        for part in parts[1:]:
            code = np.unique(code.astype(np.int64) * (part.max() + 1) + part, return_inverse=True)[1]
        columns.append(code)
    return np.column_stack(columns)


def subsets(controls: list[str]) -> Iterator[tuple[str, ...]]:
    """Yield every subset of `controls`, the empty one first."""
    for size in range(len(controls) + 1):
        yield from combinations(controls, size)


def sweep(
    data: pd.DataFrame, outcome: str, treatments: dict[str, np.ndarray], controls: dict[str, np.ndarray], effects: list[str]
) -> Swept:
    """Return outcome, `treatments` (label → 0/1, rows) and `controls` (name → (rows, k)) net of `effects`.

    `data` must be complete. A control that the effects explain is left out: it would be no choice.
    """
    codes = effect_codes(data, effects)
    absorber = Absorber(codes)
    net = absorber.residualize(np.column_stack([data[outcome].to_numpy(float), *treatments.values()]))
    blocks = {}
    for name, block in controls.items():
        left = absorber.residualize(block)
        if (left**2).sum() > COLLINEAR * ((block - block.mean(0)) ** 2).sum():
            blocks[name] = left
    before = {label: float(((column - column.mean()) ** 2).sum()) for label, column in treatments.items()}
    return Swept(net[:, 0], dict(zip(treatments, net[:, 1:].T, strict=True)), blocks, codes, before)


def fits(data: pd.DataFrame, swept: Swept, chosen_sets: list[tuple[str, ...]], clusters: list[str]) -> Iterator[Fit]:
    """Yield the Fit of every one of `chosen_sets` (names of controls) and every treatment.

    Standard errors are CR1 with the small-sample factor of R's fixest, one for each of `clusters`. A treatment that the
    effects and controls explain gives no Fit.
    """
    groups = {name: codes_of(data, [name])[:, 0] for name in clusters}
    used = {name: absorbed(swept.codes, groups[name]) for name in clusters}
    for chosen in chosen_sets:
        columns = swept.of(chosen)
        weights = combine(columns)
        basis = columns @ weights
        left = net_of(np.column_stack([swept.outcome, *swept.treatments.values()]), basis)
        for place, dates in enumerate(swept.treatments, start=1):
            column = left[:, place]
            size = column @ column
            if size <= COLLINEAR * swept.before[dates]:
                continue
            estimate = float(column @ left[:, 0] / size)
            scores = (column * (left[:, 0] - estimate * column))[:, None]
            errors = {}
            for name, group in groups.items():
                sums = cluster_sums(scores, group)
                factor = cr1_factor(len(column), len(sums), basis.shape[1] + 1 + used[name])
                errors[name] = (float(np.sqrt(factor * (sums**2).sum()) / size), len(sums) - 1)
            yield Fit(chosen, dates, estimate, errors, left[:, 0], weights)


def combine(columns: np.ndarray) -> np.ndarray:
    """Return weights (k, rank) that turn `columns` (rows, k) into orthonormal ones spanning the same space.

    From the normal equations of columns of length one: what the others explain but for COLLINEAR of it is left out.
    """
    length = np.linalg.norm(columns, axis=0)
    scaled = columns / np.where(length > 0, length, 1.0)
    size, vectors = np.linalg.eigh(scaled.T @ scaled)
    kept = size > COLLINEAR * max(size.max(initial=0.0), 1e-300)
    return vectors[:, kept] / np.sqrt(size[kept]) / np.where(length > 0, length, 1.0)[:, None]


def net_of(values: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Return `values` (rows, k) net of the columns of an orthonormal `basis` (rows, rank)."""
    return values - basis @ (basis.T @ values)
