"""What the text says of readings that other estimators repeat."""

import pandas as pd

from analysis.exhibits.tables._stability import stability


def count(verdict_stability: pd.DataFrame, verdicts: pd.DataFrame) -> dict:
    """Return how many readings there are, how many other estimators repeat, how many of these flip in at least one."""
    found = stability(verdict_stability, verdicts)  # exactly what the table is made from
    repeated = found[found["repeated"] > 0]
    return {
        "n_readings": len(found),
        "n_repeated": len(repeated),
        "n_flipping": int((repeated["flips"] > 0).sum()),
        "rd_s_value": float(found.loc[found["outcome"] == "rd_intensity", "s_value"].max()),
    }
