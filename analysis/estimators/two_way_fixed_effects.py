"""Static two-way fixed effects: the comparison, not the estimate.

With staggered dates and changing effects the coefficient weighs some effects negatively (de Chaisemartin and
D'Haultfoeuille 2020, AER 110: 2964-2996; Goodman-Bacon 2021, J. Econometrics 225: 254-277). The point estimate
comes from linearmodels; the variance layer and randomization inference are inference.cluster and
inference.randomization.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from linearmodels.panel import PanelOLS

from analysis.estimates import NotIdentified, parameter
from analysis.inference import randomization
from analysis.inference.absorb import absorbed, codes_of, within_sd
from analysis.inference.single_regressor import evaluate


def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return term 'att': inference 'cluster' and, with randomization_draws, 'randomization_t' and 'randomization_beta'.

    Treatment is the column `treatment`, or periods at or after `cohort`. Options: randomization_draws (the cohort
    labels are dealt anew among units; needs `cohort`). Raises NotIdentified when treatment does not vary within units.
    """
    options = specification.read_options(randomization_draws=0)
    data = panel.dropna(subset=[specification.outcome]).reset_index(drop=True)
    treated = _treatment(data, specification)
    effects = codes_of(data, [specification.unit, specification.time])
    clusters = pd.factorize(data[(specification.cluster or (specification.unit,))[0]])[0]
    counts = _counts(data, specification, treated, clusters)
    n_parameters = 1 + absorbed(effects, clusters)
    outcome = data[specification.outcome].to_numpy(float)
    actual = evaluate(outcome, treated, treated[:, None], effects, clusters, n_parameters)
    rows = [_clustered(data, specification, treated, actual, counts)]
    if options.randomization_draws:
        dealt = _deal(data, specification, options.randomization_draws)
        draws = evaluate(outcome, treated, dealt, effects, clusters, n_parameters)
        rows += [_randomized(actual, draws, scaled, specification.seed, counts) for scaled in (True, False)]
    return rows


def _treatment(data: pd.DataFrame, specification) -> np.ndarray:
    if specification.treatment:
        return data[specification.treatment].to_numpy(float)
    return _in_force(data[specification.time].to_numpy(float), data[specification.cohort].astype("float64").to_numpy())


def _in_force(time: np.ndarray, cohort: np.ndarray) -> np.ndarray:
    return (time >= np.where(np.isnan(cohort), np.inf, cohort)).astype(float)


def _counts(data: pd.DataFrame, specification, treated: np.ndarray, clusters: np.ndarray) -> dict:
    ever = pd.Series(treated > 0).groupby(data[specification.unit].to_numpy()).agg(["max", "min"])
    changing = ever["max"] & ~ever["min"]
    if not changing.any():
        raise NotIdentified("SUPPORT", "treatment changes in no unit")
    return {
        "n_obs": len(data),
        "n_units": len(ever),
        "n_treated": int(changing.sum()),
        "n_clusters": len(np.unique(clusters)),
        "n_treated_clusters": len(np.unique(clusters[treated > 0])),
        "within_sd": within_sd(data, specification.outcome, specification.unit, specification.time, pd.Series(treated == 0)),
    }


def _clustered(data: pd.DataFrame, specification, treated: np.ndarray, actual: randomization.Draws, counts: dict) -> dict:
    indexed = data.assign(treatment_in_force=treated).set_index([specification.unit, specification.time])
    model = PanelOLS(indexed[specification.outcome].astype(float), indexed[["treatment_in_force"]], entity_effects=True, time_effects=True)
    point = float(model.fit().params.iloc[0])
    error = float(np.sqrt(actual.v_yy[0]))
    return parameter("att", point, error, inference="cluster", degrees=counts["n_clusters"] - 1, library="linearmodels", **counts)


def _deal(data: pd.DataFrame, specification, draws: int) -> np.ndarray:
    """Return treatments (rows, draws) with the cohort labels permuted over units."""
    _units, codes = np.unique(data[specification.unit].to_numpy(str), return_inverse=True)
    first = data.groupby(codes)[specification.cohort].first().astype("float64").to_numpy()
    generator = np.random.default_rng(specification.seed)
    time = data[specification.time].to_numpy(float)
    return np.column_stack([_in_force(time, generator.permutation(first)[codes]) for _ in range(draws)])


def _randomized(actual, draws, scaled: bool, seed: int, counts: dict) -> dict:
    result = randomization.test(actual, draws, scaled)
    return parameter(
        "att", actual.a[0], inference="randomization_t" if scaled else "randomization_beta", p_value=result.p_value,
        ci_low=result.interval95[0], ci_high=result.interval95[1], ci90_low=result.interval90[0], ci90_high=result.interval90[1],
        mde80=result.mde80, draws=result.draws, seed=seed, **counts,
    )  # fmt: skip
