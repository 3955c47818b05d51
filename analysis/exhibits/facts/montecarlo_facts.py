"""SIMULATED. What the replications say of the methods."""

import numpy as np
import pandas as pd


def count(montecarlo: pd.DataFrame) -> dict:
    """Return counts of data-generating processes and methods, and the rows that the text quotes."""
    meant = montecarlo[~montecarlo["misused"]]
    biased = meant["bias"].abs() / meant["spread"]
    row = montecarlo.set_index(["data_generating_process", "method"])
    return {
        "n_data_generating_processes": int(montecarlo["data_generating_process"].nunique()),
        "n_rows": len(montecarlo),
        "n_estimators": int(montecarlo["estimator"].nunique()),
        "size_error": float(100 * np.sqrt(0.05 * 0.95 / montecarlo["replications"].median())),
        "coverage_lowest": float(100 * meant["coverage"].min()),
        "coverage_median": float(100 * meant["coverage"].median()),
        "size_median": float(100 * meant["size"].median()),
        "size_highest": float(100 * meant["size"].max()),
        "bias_median": float(biased.median()),
        "two_way_bias": float(row.loc[("staggered", "two_way_fixed_effects"), "bias"]),
        "two_way_coverage": float(100 * row.loc[("staggered", "two_way_fixed_effects"), "coverage"]),
        "staggered_truth": float(row.loc[("staggered", "two_way_fixed_effects"), "true_effect"]),
        "few_cluster_size": float(100 * row.loc[("few_treated", "cluster"), "size"]),
        "few_wild_size": float(100 * row.loc[("few_treated", "wild"), "size"]),
        "few_jackknife_size": float(100 * row.loc[("few_treated", "jackknife"), "size"]),
        "few_randomization_size": float(100 * row.loc[("few_treated", "randomization"), "size"]),
        "nickell_bias": float(row.loc[("lagged_outcome", "within"), "bias"]),
        "immortal_bias": float(row.loc[("late_treatment", "ever_treated"), "bias"]),
        "synthetic_bias": float(row.loc[("interactive_effects", "synthetic_did"), "bias"]),
        "artefact_completed": float(100 * np.expm1(row.loc[("censored_cycles_null", "completed_before_after"), "bias"])),
        "artefact_model": float(100 * np.expm1(row.loc[("censored_cycles_null", "mixture_cure"), "bias"])),
        "interactive_two_way_bias": float(row.loc[("interactive_effects", "two_way_fixed_effects"), "bias"]),
    }
