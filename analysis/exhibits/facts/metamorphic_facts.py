"""How many harmless changes of the data left every number of every estimator as it was."""

import pandas as pd


def count(metamorphic: pd.DataFrame) -> dict:
    """Return how many estimators met how many changes, and how many of these did not hold."""
    return {
        "n_estimators": int(metamorphic["estimator"].nunique()),
        "n_changes": len(metamorphic),
        "n_broken": int((~metamorphic["held"].astype(bool)).sum()),
    }
