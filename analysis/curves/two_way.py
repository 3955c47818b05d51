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
class Fit:
    """One regression: choices, coefficient of the treatment, its standard error and degrees by cluster.

    `net_outcome` (rows,) is the outcome and `size` the treatment's sum of squares, both net of effects and controls.
    """

    controls: tuple[str, ...]
    dates: str
    estimate: float
    errors: dict[str, tuple[float, int]]
    net_outcome: np.ndarray
    size: float


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


def fits(
    data: pd.DataFrame, outcome: str, treatments: dict[str, np.ndarray], controls: list[str], effects: list[str], clusters: list[str]
) -> Iterator[Fit]:
    """Yield the Fit of every subset of `controls` and every one of `treatments` (label → 0/1, rows).

    `data` must be complete. Standard errors are CR1 with the small-sample factor of R's fixest, one for each of
    `clusters`. A treatment that the effects and controls explain gives no Fit.
    """
    codes = effect_codes(data, effects)
    stacked = np.column_stack([data[outcome].to_numpy(float), *treatments.values(), *(data[c].to_numpy(float) for c in controls)])
    net = Absorber(codes).residualize(stacked)
    before = ((stacked - stacked.mean(0)) ** 2).sum(0)
    y, d, x = net[:, 0], net[:, 1 : 1 + len(treatments)], net[:, 1 + len(treatments) :]
    groups = {name: codes_of(data, [name])[:, 0] for name in clusters}
    used = {name: absorbed(codes, groups[name]) for name in clusters}
    for chosen in subsets(controls):
        left = _net_of(np.column_stack([y, d]), x[:, [controls.index(name) for name in chosen]])
        for place, dates in enumerate(treatments, start=1):
            column = left[:, place]
            size = column @ column
            if size <= COLLINEAR * before[place]:
                continue
            estimate = float(column @ left[:, 0] / size)
            scores = (column * (left[:, 0] - estimate * column))[:, None]
            errors = {}
            for name, group in groups.items():
                sums = cluster_sums(scores, group)
                factor = cr1_factor(len(y), len(sums), len(chosen) + 1 + used[name])
                errors[name] = (float(np.sqrt(factor * (sums**2).sum()) / size), len(sums) - 1)
            yield Fit(chosen, dates, estimate, errors, left[:, 0], float(size))


def _net_of(values: np.ndarray, controls: np.ndarray) -> np.ndarray:
    if not controls.shape[1]:
        return values
    basis, upper = np.linalg.qr(controls)
    kept = np.abs(np.diag(upper)) > COLLINEAR**0.5 * np.abs(np.diag(upper)).max()
    basis = basis[:, kept]
    return values - basis @ (basis.T @ values)
