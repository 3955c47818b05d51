"""Least squares and two-stage least squares with absorbed effects, and every variance the project prints.

One declared small-sample convention, that of R's fixest: N/(N-K) for heteroskedasticity, (N-1)/(N-K) G/(G-1) for
clusters, where an effect nested in the clusters counts once in K and another its levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.representatives import by_level
from analysis.inference.absorb import Absorber, absorbed, nested
from analysis.inference.cluster import cluster_sums, jackknife, need_two
from analysis.inference.cluster import two_way as two_way_variance
from analysis.inference.rank import EFFECTS_LEFT, Projection, independent, lengths, need_variation, project, resolution, vanished

# Levels of effects that are not nested in clusters become dummies when clusters are left out; more would be slow.
DUMMIES = 600
# An outcome or a residual that keeps less than this share of the outcome's spread is rounding error.
OUTCOME_LEFT = 1e-13
# A variance below this share of the one without clusters is rounding error: scores that cancel within every cluster.
VARIANCE_LEFT = 1e-20
PERFECT = "EXACT: the fit is perfect up to rounding, so that no error can be estimated"
ALONE = "FEW: one cluster alone identifies the coefficient: without it there is none, and the jackknife has no variance"
CANCELLED = "FEW: scores cancel within every cluster, so that the clusters show no variance; use another inference"


@dataclass(frozen=True)
class Design:
    """Outcome (rows,), regressors (rows, k) with `names`, and codes of `effects` (rows, e), `clusters`, `time`; `weights` or None.

    `effect_names` and `instrument_names` are for messages. `counting`: the weights say how many equal clusters the row's one stands for,
    all its rows alike (core.representatives).
    """

    outcome: np.ndarray
    regressors: np.ndarray
    names: tuple[str, ...]
    effects: np.ndarray
    clusters: tuple[np.ndarray, ...] = ()
    time: np.ndarray | None = None
    weights: np.ndarray | None = None
    instruments: np.ndarray | None = None
    instrument_names: tuple[str, ...] = ()
    effect_names: tuple[str, ...] = ()
    counting: bool = False

    @property
    def many(self) -> np.ndarray | None:
        """Return how many equal clusters the one of each row stands for (rows,); None where it is itself."""
        return self.weights if self.counting else None

    @property
    def rows(self) -> int:
        """Return how many rows there are, counted as often as they stand for others."""
        return len(self.outcome) if self.many is None else round(self.many.sum())

    @property
    def within(self) -> str:
        """Return the words that say within what columns must vary."""
        return f" within {', '.join(self.effect_names)}" if self.effect_names else " within the fixed effects" * bool(self.effects.shape[1])


@dataclass(frozen=True)
class Fit:
    """Coefficients (k,), covariance (k, k), residuals (rows,), net regressors (rows, k), t degrees, name of the inference.

    Net is: of the effects or, where there are none, of the mean if a regressor is constant; times the root of the weights.
    `notes` (k,) say why an error is not what it seems or is missing (NaN), else are empty.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    residuals: np.ndarray
    regressors: np.ndarray
    outcome: np.ndarray
    degrees: float
    inference: str
    n_clusters: int | None
    notes: tuple[str, ...] = ()

    @property
    def errors(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))


@dataclass(frozen=True)
class _Net:
    """Columns net of the effects or of their means: y (rows,), x (rows, k), z (rows, l), times the root of the weights.

    `raw` (rows, 1 + k + l) are these columns as they came. `location` (1 + k,) are the means that were taken off y and x
    where a regressor, number `constant`, does not vary.
    """

    y: np.ndarray
    x: np.ndarray
    z: np.ndarray
    raw: np.ndarray
    root: np.ndarray | None
    location: np.ndarray
    constant: int | None

    def noise(self, columns: np.ndarray, first: int) -> np.ndarray:
        """Return what share (k,) of `columns` (rows, k), which stand in `raw` from `first` on, is rounding error."""
        unweighted = columns if self.root is None else columns / self.root
        return resolution(self.raw[:, first : first + columns.shape[1]]) / lengths(unweighted)

    def moved(self) -> np.ndarray:
        """Return the matrix (k, k) that turns coefficients after centring into those before, but for the outcome's own mean."""
        matrix = np.eye(self.x.shape[1])
        if self.constant is not None:
            matrix[self.constant] -= self.location[1:] / self.raw[0, 1 + self.constant]
        return matrix


def fit(design: Design, covariance: str = "default", lags: int = -1, two_way: str = "min") -> Fit:
    """Return the regression. `covariance`: default (clustered where clusters are named, else hc1), cluster, cr3, unadjusted,
    hc1, hc3, driscoll_kraay.

    Units do not matter: columns are centred where a constant or effects allow, and judged by their own lengths. A fit that
    leaves nothing but rounding errors has coefficients and no covariance (NaN). Raises NotIdentified when the outcome or a
    regressor does not vary within the effects, or regressors are combinations of one another.
    """
    if covariance == "default":
        covariance = "cluster" if design.clusters else "hc1"
    if covariance in ("cluster", "cr3") and not design.clusters:
        raise BadOption(f"covariance={covariance} needs --cluster", "covariance", covariance, "with cluster")
    absorber = Absorber(design.effects, design.weights)
    net = _net(design, absorber)
    stage = _stage(design, net)
    beta = stage.coefficients(net.y)
    residuals = net.y - net.x @ beta
    k = len(beta)
    n_parameters, degrees, n_clusters = _degrees(design, covariance, k)
    if design.rows <= n_parameters:
        raise NotIdentified("SUPPORT", f"{design.rows} observations for {n_parameters} parameters")
    if _is_rounding(residuals, net, beta):
        variance, notes = np.full((k, k), np.nan), (PERFECT,) * k
    elif covariance == "cr3":
        variance, notes = _leave_clusters_out(design, net)
    else:
        variance, notes = _variance(design, net, stage, residuals, covariance, absorber, n_parameters, lags, two_way)
    beta = net.moved() @ beta
    if net.constant is not None:
        beta[net.constant] += net.location[0] / net.raw[0, 1 + net.constant]
    return Fit(beta, variance, residuals, net.x, net.y, degrees, _label(covariance, design), n_clusters, notes)


def _label(covariance: str, design: Design) -> str:
    return "two_way_cluster" if covariance == "cluster" and len(design.clusters) == 2 else covariance


def _net(design: Design, absorber: Absorber) -> _Net:
    """Return the columns net of effects or means; raise NotIdentified when the outcome or a column does not vary in them."""
    k = design.regressors.shape[1]
    raw = _side_by_side(design.outcome[:, None], design.regressors, *([] if design.instruments is None else [design.instruments]))
    if design.effects.shape[1]:
        net, location, constant = absorber.residualize(raw), np.zeros(1 + k), None
    else:
        net, location, constant = _centred(raw, k)
    if vanished(net[:, 0], raw[:, 0], OUTCOME_LEFT):
        raise NotIdentified("SUPPORT", f"the outcome does not vary{design.within if np.ptp(design.outcome) else ''}")
    need_variation(net[:, 1:], raw[:, 1:], (*design.names, *design.instrument_names), design.within)
    root = None if design.weights is None else np.sqrt(design.weights)[:, None]
    net = net if root is None else net * root
    return _Net(net[:, 0], net[:, 1 : k + 1], net[:, k + 1 :], raw, root, location, constant)


def _side_by_side(*blocks: np.ndarray) -> np.ndarray:
    """Return the blocks (rows, any) as one table whose columns are contiguous, since columns are what is worked on."""
    table = np.empty((len(blocks[0]), sum(block.shape[1] for block in blocks)), order="F")
    return np.concatenate(blocks, axis=1, out=table)


def _centred(raw: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, int | None]:
    """Return columns (outcome, k regressors, instruments) less their means, where one of the regressors is constant; which.

    The constant regressor and its like among the instruments stay; without one nothing is taken off.
    """
    still = np.ptp(raw, axis=0) == 0
    constants = 1 + np.flatnonzero(still[1 : k + 1] & (raw[0, 1 : k + 1] != 0))
    if not len(constants):
        return raw.astype(float), np.zeros(1 + k), None
    location = np.where(still, raw[0], raw.mean(0))
    location[constants[-1]] = 0.0
    location[1 + k + np.flatnonzero(still[1 + k :])[-1:]] = 0.0
    return raw - location, location[: 1 + k], int(constants[-1]) - 1


def _stage(design: Design, net: _Net) -> Projection:
    """Return the projection on the regressors, or on what the instruments explain of them."""
    if design.instruments is None:
        return project(net.x, design.names, lambda: net.noise(net.x, 1), design.within)
    instruments = project(net.z, design.instrument_names, lambda: net.noise(net.z, 1 + net.x.shape[1]), design.within)
    explained = net.z @ instruments.coefficients(net.x)
    try:
        if (lengths(explained) <= EFFECTS_LEFT * lengths(net.x)).any():
            raise NotIdentified("SINGULAR", "nothing explained")
        return project(explained, design.names, lambda: 1e-12 * lengths(net.x) / lengths(explained))
    except NotIdentified:
        raise NotIdentified("SINGULAR", f"the instruments explain nothing of {design.names[0]} that the controls do not") from None


def _is_rounding(residuals: np.ndarray, net: _Net, beta: np.ndarray) -> bool:
    """Return whether the residuals (rows,) are rounding errors of the outcome and of what is fitted to it."""
    left = lengths(residuals[:, None])[0]
    if left > 1e-6 * lengths(net.y[:, None])[0]:
        return False
    outcome = net.raw[:, 0]
    centred = outcome - outcome.mean()
    size = max(lengths(centred[:, None])[0], *(np.abs(beta) * lengths(net.x)))
    return bool(left <= max(OUTCOME_LEFT * size, resolution(net.raw[:, :1])[0]))


def _degrees(design: Design, covariance: str, k: int) -> tuple[int, float, int | None]:
    """Return K, the degrees of freedom of t, and the number of clusters."""
    n = design.rows
    if covariance in ("cluster", "cr3"):
        inner = [any(e is c or nested(e, c) for c in design.clusters) for e in design.effects.T]
        outer = [e for e, held in zip(design.effects.T, inner, strict=True) if not held]
        count = sum(inner) + sum(n_levels(e) for e in outer) - max(design.effects.shape[1] - 1, 0)
        n_clusters = min(need_two(c) for c in design.clusters)
        if design.counting:
            n_clusters = round(by_level(design.many, design.clusters[0]).sum())
        return k + count, n_clusters - 1, n_clusters
    count = absorbed(design.effects, None)
    if covariance == "driscoll_kraay":
        periods = n_levels(design.time)  # type: ignore[arg-type]
        return k + absorbed(design.effects, design.time), periods - 1, periods
    return k + count, n - k - count, None


def n_levels(codes: np.ndarray) -> int:
    return int(np.count_nonzero(np.bincount(codes)))


def _variance(
    design: Design,
    net: _Net,
    stage: Projection,
    residuals: np.ndarray,
    covariance: str,
    absorber: Absorber,
    n_parameters: int,
    lags: int,
    two_way: str,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the covariance (k, k) and a note (k,) for each coefficient."""
    x, root, n = stage.columns, stage.root, design.rows
    outer, notes = net.moved() @ root, ("",) * x.shape[1]
    unadjusted = lengths(residuals[:, None])[0] ** 2 / (n - n_parameters) * outer @ outer.T
    if covariance == "unadjusted":
        return unadjusted, notes
    scores = x * residuals[:, None]
    factor = (n - 1) / (n - n_parameters)
    if covariance == "cluster" and len(design.clusters) == 2:
        scores *= np.sqrt(factor)
        variance, notes = two_way_variance(scores, *design.clusters, root, outer, own_factors=two_way == "own")
    else:
        if covariance == "hc1":
            meat = n / (n - n_parameters) * scores.T @ scores
        elif covariance == "hc3":
            meat = _jackknifed(scores, absorber.leverage() + ((x @ root) ** 2).sum(1))
        elif covariance == "driscoll_kraay":
            meat = factor * _kernel(cluster_sums(scores, design.time), lags)  # type: ignore[arg-type]
        else:
            by_cluster = cluster_sums(scores, design.clusters[0])
            n_clusters: float = len(by_cluster)
            if design.counting:
                many = by_level(design.many, design.clusters[0])
                n_clusters, by_cluster = many.sum(), by_cluster / np.sqrt(many)[:, None]
            meat = factor * n_clusters / (n_clusters - 1) * by_cluster.T @ by_cluster
        variance = outer @ (root.T @ meat @ root) @ outer.T
    nothing = np.diag(variance) <= VARIANCE_LEFT * np.diag(unadjusted)
    variance[nothing] = variance[:, nothing] = np.nan
    return variance, tuple(note or CANCELLED * bool(none) for note, none in zip(notes, nothing, strict=True))


def _jackknifed(scores: np.ndarray, leverage: np.ndarray) -> np.ndarray:
    """Return the meat (k, k) of HC3. A singleton has leverage one and a residual of zero: it says nothing."""
    kept = 1 - leverage > 1e-9
    scaled = np.divide(scores, (1 - leverage)[:, None], out=np.zeros_like(scores), where=kept[:, None])
    return scaled.T @ scaled


def _kernel(by_period: np.ndarray, lags: int) -> np.ndarray:
    """Return the Bartlett-weighted meat of sums by period (Driscoll and Kraay 1998, REStat 80: 549-560, equation 8)."""
    periods = len(by_period)
    lags = int(periods**0.25) if lags < 0 else lags
    meat = by_period.T @ by_period
    for lag in range(1, min(lags, periods - 1) + 1):
        cross = by_period[lag:].T @ by_period[:-lag]
        meat = meat + (1 - lag / (lags + 1)) * (cross + cross.T)
    if periods == 1:
        raise NotIdentified("CLUSTERS", "all rows are of one period: Driscoll-Kraay errors need several")
    return periods / (periods - 1) * meat


def _leave_clusters_out(design: Design, net: _Net) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the CR3 covariance (k, k) and a note (k,) for each coefficient."""
    if design.instruments is not None or len(design.clusters) != 1:
        raise BadOption(
            "covariance=cr3 is for least squares with one cluster variable",
            "covariance",
            "cr3",
            "with one cluster variable and no instruments",
        )
    inner = [nested(e, design.clusters[0]) for e in design.effects.T]
    dummies = [np.ones(len(design.outcome))[:, None]] if inner and not any(inner) else []
    for effect in design.effects.T[[not i for i in inner]] if len(inner) else []:
        levels = np.unique(effect)[1:]
        if len(levels) > DUMMIES:
            raise NotIdentified("SIZE", f"CR3 needs a dummy for each of {len(levels)} levels of an effect not nested in clusters")
        dummies.append((effect[:, None] == levels).astype(float))
    kept = design.effects[:, [i for i, held in enumerate(inner) if held]]
    # The columns are net of all effects already; the dummies stand for what these would take without a cluster.
    y, x = (part if net.root is None else part / net.root for part in (net.y[:, None], net.x))
    swept = Absorber(kept, design.weights).residualize(np.column_stack([y, x, *dummies]))
    swept = swept if net.root is None else swept * net.root
    k = net.x.shape[1]
    useful = 1 + k + independent(swept[:, 1 + k :])
    variance = jackknife(swept[:, [*range(1, k + 1), *useful]], swept[:, 0], design.clusters[0])[:k, :k]
    lost = np.isnan(np.diag(variance))
    variance = net.moved() @ np.nan_to_num(variance) @ net.moved().T
    if net.constant is not None:
        lost[net.constant] |= lost.any()
    variance[lost] = variance[:, lost] = np.nan
    return variance, tuple(ALONE if none else "" for none in lost)
