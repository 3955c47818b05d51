"""How far the methods agree with what others printed and with other implementations."""

from collections.abc import Iterator
from decimal import Decimal

import pandas as pd


def _printed(numbers: pd.DataFrame) -> Iterator[tuple[float, float, float]]:
    """Yield our number, the printed one and one unit of its last digit (trailing zeros are not known: a stricter unit)."""
    for row in numbers.to_dict("records"):
        yield row["ours"], row["published"], float(Decimal(1).scaleb(int(Decimal(repr(row["published"])).as_tuple().exponent)))


def count(published_numbers: pd.DataFrame, cross_checks: pd.DataFrame) -> dict:
    """Return how many printed numbers were recomputed and agree, and the largest differences between implementations."""
    recomputed = published_numbers[published_numbers["ours"].notna()]
    compared = cross_checks[cross_checks["difference"].notna()]
    estimates = compared[compared["quantity"] == "estimate"]
    paper = estimates[estimates["scope"] == "the paper"]
    exact = [abs(ours - printed) <= 0.5 * unit + 1e-12 for ours, printed, unit in _printed(recomputed)]
    return {
        "n_exact": int(sum(exact)),
        "n_estimate_pairs": len(estimates),
        "n_printed": len(published_numbers),
        "n_recomputed": len(recomputed),
        "n_agreeing": int(recomputed["agrees"].sum()),
        "n_disagreeing": int((~recomputed["agrees"]).sum()),
        "n_targets": int(recomputed["target"].nunique()),
        "n_methods_printed": int(recomputed["estimator"].nunique()),
        "n_pairs": len(compared),
        "largest_difference": float(estimates["difference"].max()) if len(estimates) else 0.0,
        "largest_difference_paper": float(paper["difference"].max()) if len(paper) else 0.0,
    }
