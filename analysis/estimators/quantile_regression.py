"""Quantile regression, pooled or within units (Canay 2011, Econometrics J. 14: 368-386), by statsmodels.

Within: unit effects of the mean regression are taken off first, which is right when effects of units shift the whole
distribution. No library has it with clustered errors: intervals are bootstrapped over units.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from statsmodels.regression.quantile_regression import QuantReg
from statsmodels.tools.sm_exceptions import IterationLimitWarning

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.estimators._regression import columns_of, complete_rows, counts_of
from analysis.inference.absorb import residualize
from analysis.method import Method, Option

METHOD = Method(
    title="Quantile regression, pooled or within units",
    citation="Koenker and Bassett (1978), Econometrica 46: 33-50; within: Canay (2011), Econometrics J. 14: 368-386",
    library="statsmodels",
    needs=("outcome", "treatment|controls"),
    accepts=("unit", "time"),
    options={
        "quantile": Option(0.5, "quantile, between 0 and 1"),
        "within": Option(False, "take unit effects off first; needs --unit"),
        "bootstrap_draws": Option(199, "draws over units (rows without --unit)", minimum=0),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return one row a regressor and 'const', with bootstrap standard errors over units."""
    options = METHOD.read(specification)
    if not 0 < options.quantile < 1:
        raise ValueError(f"option quantile is {options.quantile}; it must lie between 0 and 1")
    if options.within and not specification.unit:
        raise ValueError("option within needs --unit")
    data = complete_rows(panel, columns_of(specification, ()))
    names = [name for name in (specification.treatment, *specification.controls) if name]
    units = pd.factorize(data[specification.unit])[0] if specification.unit else np.arange(len(data))
    y, x = data[specification.outcome].to_numpy(float), data[names].to_numpy(float)
    if np.linalg.matrix_rank(np.column_stack([x, np.ones(len(x))])) <= x.shape[1]:
        raise NotIdentified("SINGULAR", f"the regressors are collinear: {', '.join(names)}")
    estimates = _coefficients(y, x, units, options)
    generator = np.random.default_rng(specification.seed)
    members = np.split(np.argsort(units, kind="stable"), np.cumsum(np.bincount(units))[:-1])
    draws = []
    for _ in range(options.bootstrap_draws):
        chosen = generator.integers(len(members), size=len(members))
        rows = np.concatenate([members[c] for c in chosen])
        fresh = np.repeat(np.arange(len(chosen)), [len(members[c]) for c in chosen])
        draws.append(_coefficients(y[rows], x[rows], fresh, options))
    errors = np.std(draws, axis=0, ddof=1)
    about = {"inference": "bootstrap", "library": "statsmodels", "draws": options.bootstrap_draws, "seed": specification.seed}
    about |= counts_of(data, specification)
    return [parameter(name, b, se, **about) for name, b, se in zip([*names, "const"], estimates, errors, strict=True)]


def _coefficients(y: np.ndarray, x: np.ndarray, units: np.ndarray, options) -> np.ndarray:
    if options.within:
        net = residualize(np.column_stack([y, x]), units[:, None])
        slopes = np.linalg.lstsq(net[:, 1:], net[:, 0], rcond=None)[0]
        rest = y - x @ slopes
        effect = np.bincount(units, rest) / np.bincount(units)
        y = y - effect[units]
    with warnings.catch_warnings():
        # The iteration may end by going around the optimum; the estimate is then within the tolerance of the weights.
        warnings.simplefilter("ignore", IterationLimitWarning)
        return np.asarray(QuantReg(y, np.column_stack([x, np.ones(len(x))])).fit(q=options.quantile).params)
