"""What the text says of royalty monetisation without single risk sets."""

import pandas as pd

from analysis.exhibits.tables._left_out import TERM


def count(royalty_leave_one_out: pd.DataFrame) -> dict:
    """Return the lowest and highest effect on R&D without a risk set."""
    own = royalty_leave_one_out[(royalty_leave_one_out["outcome"] == "log_rd") & (royalty_leave_one_out["term"] == TERM)]
    return {"without_low": float(own["estimate"].min()), "without_high": float(own["estimate"].max())}
