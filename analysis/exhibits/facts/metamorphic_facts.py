"""How many harmless changes of the data left every number of every estimator as it was."""


def count(metamorphic):
    """Return how many estimators met how many changes, and how many of these did not hold."""
    return {
        "n_estimators": int(metamorphic["estimator"].nunique()),
        "n_changes": len(metamorphic),
        "n_broken": int((~metamorphic["held"].astype(bool)).sum()),
    }
