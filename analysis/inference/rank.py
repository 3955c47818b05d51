"""Whether columns are linearly independent, whatever their units, and which of them are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from analysis.core.estimates import NotIdentified

EPSILON = float(np.finfo(float).eps)
# A column that keeps less than this share of itself is a combination of others: of effects, or of other columns.
EFFECTS_LEFT = 1e-12
NOTHING_LEFT = 1e-10
# Above this smallest eigenvalue of their correlations, columns lose no more digits by their products than by themselves.
WELL_APART = 1e-6
CLOSE = 1e-2
# A column whose part in a combination is smaller (all of length one) is not named.
NO_PART = 1e-6


@dataclass(frozen=True)
class Projection:
    """What least squares needs of columns X (rows, k): X, and `root` (k, k), of which the inverse of X'X is root root'.

    `close`: X is so nearly collinear that coefficients are improved by a second step.
    """

    columns: np.ndarray
    root: np.ndarray
    close: bool = False

    @property
    def bread(self) -> np.ndarray:
        return self.root @ self.root.T

    def coefficients(self, outcome: np.ndarray) -> np.ndarray:
        """Return the coefficients (k,) or (k, m) of `outcome` (rows,) or (rows, m)."""
        first = self.root @ (self.root.T @ (self.columns.T @ outcome))
        if not self.close:
            return first
        return first + self.root @ (self.root.T @ (self.columns.T @ (outcome - self.columns @ first)))


def lengths(columns: np.ndarray) -> np.ndarray:
    """Return the Euclidean length of each column, shape (k,)."""
    return np.sqrt(np.einsum("ij,ij->j", columns, columns))


def resolution(columns: np.ndarray) -> np.ndarray:
    """Return the length (k,) below which a part of a column is rounding error of its numbers."""
    largest = np.maximum(columns.max(0, initial=0), -columns.min(0, initial=0))
    return 4 * EPSILON * largest * np.sqrt(len(columns))


def of_rounding(errors: np.ndarray | float, outcome: np.ndarray) -> np.ndarray:
    """Return which standard errors (k,) of effects are no larger than the rounding errors of the `outcome` (rows,) itself."""
    return np.asarray(errors) <= 4 * EPSILON * np.abs(outcome).max()


def vanished(net: np.ndarray, raw: np.ndarray, share: float) -> bool:
    """Return whether the column `net` (rows,) is rounding error of `raw` (rows,), of whose spread it keeps no `share`."""
    return bool(lost_columns(net[:, None], raw[:, None], share)[0])


def lost_columns(net: np.ndarray, raw: np.ndarray, share: float) -> np.ndarray:
    """Return which columns of `net` (rows, k) are rounding errors of those of `raw` (rows, k), of whose spread they keep no `share`."""
    left = lengths(net)
    lost = left <= 1e-4 * lengths(raw)  # most are not, and need no closer look
    for i in np.flatnonzero(lost):
        centred = raw[:, [i]] - raw[:, i].mean()
        lost[i] = left[i] <= max(share * lengths(centred)[0], resolution(raw[:, [i]])[0])
    return lost


def need_variation(net: np.ndarray, raw: np.ndarray, names: Sequence[str], within: str) -> None:
    """Raise NotIdentified where columns of `net` (rows, k) keep nothing of `raw` (rows, k), with their `names`."""
    if (gone := lost_columns(net, raw, EFFECTS_LEFT)).any():
        raise still([names[i] for i in np.flatnonzero(gone)], within)


def still(lost: Iterable[str], within: str) -> NotIdentified:
    """Return the refusal of the columns `lost`, which do not vary `within` what is held fixed."""
    lost = list(dict.fromkeys(lost))
    return NotIdentified("SINGULAR", f"{' and '.join(lost)} {'do' if len(lost) > 1 else 'does'} not vary{within}")


def project(columns: np.ndarray, names: tuple[str, ...], noise: Callable[[], np.ndarray] | None = None, where: str = "") -> Projection:
    """Return the Projection on `columns` (rows, k), none of which may vanish.

    `noise` returns the shares (k,) of them that are rounding errors. Raises NotIdentified with the `names` of the columns that are
    combinations of one another (`where` says within what).
    """
    gram = columns.T @ columns
    length = np.sqrt(np.diag(gram))
    gram = gram / np.outer(length, length)
    apart = np.linalg.eigvalsh(gram)[0] if len(length) else 1.0
    if apart > WELL_APART:
        root = linalg.solve_triangular(np.linalg.cholesky(gram), np.eye(len(length)), lower=True).T
        return Projection(columns, root / length[:, None], apart < CLOSE)
    triangle, order = linalg.qr(columns / length, mode="r", pivoting=True)
    triangle = triangle[: len(length)]
    left = np.zeros(len(length))
    left[: len(triangle)] = np.abs(np.diag(triangle))
    lost = max(NOTHING_LEFT, float(noise().max())) if noise else NOTHING_LEFT
    rank = int((left > lost).cumprod().sum())
    if rank < len(length):
        raise NotIdentified("SINGULAR", _collinear(triangle, order, rank, names) + where)
    root = np.empty((rank, rank))
    root[order] = linalg.solve_triangular(triangle, np.eye(rank))
    return Projection(columns, root / length[:, None], close=True)


def combinations(triangle: np.ndarray, order: np.ndarray, rank: int) -> list[list[int]]:
    """Return, for each column beyond the `rank`, the columns that a vanishing combination holds, from a QR with column pivoting
    (Golub and Van Loan 2013, Matrix Computations, section 5.4.2) of columns of one length: `triangle` and their `order`."""
    parts = linalg.solve_triangular(triangle[:rank, :rank], triangle[:rank, rank:]) if rank else np.empty((0, len(order)))
    return [sorted(map(int, [last, *order[:rank][np.abs(part) > NO_PART]])) for last, part in zip(order[rank:], parts.T, strict=True)]


def _collinear(triangle: np.ndarray, order: np.ndarray, rank: int, names: tuple[str, ...]) -> str:
    """Return the sentence that names the members of every combination, from the triangle of a pivoted QR."""
    sentences = []
    for members in combinations(triangle, order, rank):
        sentences.append(f"{' and '.join(filter(None, [', '.join(names[i] for i in members[:-1]), names[members[-1]]]))} are collinear")
    return "; ".join(dict.fromkeys(sentences))


def independent(columns: np.ndarray) -> np.ndarray:
    """Return the positions of columns that span all of `columns` (rows, k); earlier ones stay where it makes no difference of accuracy."""
    length = lengths(columns)
    kept = np.flatnonzero(length > 0)
    if not len(kept):
        return kept
    triangle, order = linalg.qr(columns[:, kept] / length[kept], mode="r", pivoting=True)
    rank = int((np.abs(np.diag(triangle)) > NOTHING_LEFT).sum())
    return np.sort(kept[order[:rank]])
