"""What the text says of readings that other estimators repeat."""

import pandas as pd

from analysis.exhibits.tables._stability import stability


def count(verdict_stability: pd.DataFrame, verdicts: pd.DataFrame) -> dict:
    """Return how many readings there are, how many other estimators repeat, how many of these flip in at least one."""
    found = stability(verdict_stability, verdicts)  # exactly what the table is made from
    repeated = found[found["repeated"] > 0]
    intensity = found[(found["outcome"] == "rd_intensity") & (found["model_id"] == "province_att")]
    return {
        "n_readings": int(found["verdict_before_gates"].fillna("").ne("").sum()),
        "n_repeated": len(repeated),
        "n_flipping": int((repeated["flips"] > 0).sum()),
        "rd_s_value": float(intensity["s_value"].max()),
        "rd_exaggeration": float(intensity["exaggeration"].max()),
        "rd_sign_error": float(intensity["sign_error"].max()),
    }
