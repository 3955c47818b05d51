"""Gates: what an estimate must meet before its reading counts. The same for tests that decide and for context.

SIM: the data are real. FEWTREAT: enough treated clusters, or inference by randomization. PRE: the verdict survives violations
of parallel trends, wherever `event_studies` of config/claims.yaml names an event study with bounds for the specification, or the
test names a placebo: the same model before the event.
Power is no gate: what was estimated says by its width what it can tell, and a power computed afterwards adds nothing to it
(Hoenig and Heisey 2001, American Statistician 55: 19-24).
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.core.estimates import CLUSTERED
from analysis.core.verdict_rule import UNTESTABLE, Region, Verdict, read_interval

# Fewer treated clusters than this cannot be judged by cluster-robust standard errors
# (MacKinnon and Webb 2018, Econometrics Journal 21: 114-135). The paper quotes this number.
FEW_TREATED_CLUSTERS = 5
# How large violations of parallel trends may be, relative to the largest one before treatment
# (Rambachan and Roth 2023, Review of Economic Studies 90: 2555-2591), before a verdict must no longer hold. The paper quotes it.
RELATIVE_MAGNITUDE = 0.5
HONEST = {"term": "att_honest", "inference": "honest_relative_magnitude", "setting": str(RELATIVE_MAGNITUDE)}


@dataclass(frozen=True)
class Judged:
    """A verdict, what the interval alone would say ('' where there is none), and the codes of the gates that it passed."""

    verdict: Verdict
    reading: str = ""
    passed: tuple[str, ...] = ()


def judge(row: pd.Series, region: Region, honest: pd.Series | None = None) -> Judged:
    """Return the verdict on an Estimate row by its interval and the gates; a refused row is untestable for its own reason.

    `honest` is the row of the interval robust to violations of parallel trends at RELATIVE_MAGNITUDE, where there is one.
    Raises ValueError for a row that was estimated but has no interval.
    """
    if pd.notna(row["reason"]):
        return Judged(Verdict(UNTESTABLE, row["reason_code"], row["reason"]))
    if pd.isna(row["ci_low"]) or pd.isna(row["ci_high"]):
        raise ValueError(f"{row['model_id']} / {row['parameter']} has no interval, so it cannot judge a claim")
    alone = read_interval((row["ci_low"], row["ci_high"]), (row["ci90_low"], row["ci90_high"]), region)
    passed: list[str] = []
    for code, closes in (("SIM", _simulated(row)), ("FEWTREAT", _few(row)), ("PRE", _drift(alone, region, honest))):
        if closes:
            return Judged(Verdict(UNTESTABLE, code, closes), str(alone), tuple(passed))
        if closes is not None:
            passed.append(code)
    return Judged(alone, str(alone), tuple(passed))


def beside_placebo(row: pd.Series, placebo: pd.Series) -> pd.Series:
    """Return `row` with its 95 % interval widened by RELATIVE_MAGNITUDE times the largest effect that its `placebo` admits.

    Where there are no periods to bound trends by, the placebo is the violation before the event (Rambachan and Roth 2023, with one
    of them), here at the farther end of its own interval: wider than a joint bound would be. What the placebo refused, so does this.
    """
    if pd.notna(placebo["reason"]) or pd.isna(placebo["ci_low"]):
        return placebo
    most = RELATIVE_MAGNITUDE * max(abs(placebo["ci_low"]), abs(placebo["ci_high"]))
    widened = row.copy()
    widened["ci_low"], widened["ci_high"] = row["ci_low"] - most, row["ci_high"] + most
    return widened


# Each gate returns why it closes, '' where the row passes it, and None where it has nothing to ask.


def _simulated(row: pd.Series) -> str | None:
    return "simulated data test the method, never the claim" if row["evidence"] == "simulated" else None


def _few(row: pd.Series) -> str | None:
    count, kind = clusters_behind(row)
    if rests_on_few(row) and not str(row["inference"]).startswith("randomization"):
        return f"{count} {kind} and no randomization inference"
    return None if pd.isna(count) else ""


def _drift(alone: Verdict, region: Region, honest: pd.Series | None) -> str | None:
    """A reading that cannot tell has nothing to undo."""
    if honest is None or alone.verdict == UNTESTABLE:
        return None
    if pd.notna(honest["reason"]) or pd.isna(honest["ci_low"]):
        return "no interval robust to violations of parallel trends could be computed"
    bounds = (honest["ci_low"], honest["ci_high"])
    if read_interval(bounds, bounds, region).verdict == alone.verdict:
        return ""
    return f"violations of parallel trends {RELATIVE_MAGNITUDE} times the largest one before treatment would undo the reading '{alone}'"


def clusters_behind(row: pd.Series) -> tuple[object, str]:
    """Return how many clusters the uncertainty of a row rests on, and of which kind: treated ones, or all where none is treated.

    Raises ValueError for a clustered row without a count: an unknown number of clusters is never enough.
    """
    for name, kind in (("n_treated_clusters", "treated clusters"), ("n_clusters", "clusters")):
        if pd.notna(row.get(name)):
            return int(row[name]), kind
    if str(row["inference"]) in CLUSTERED:
        raise ValueError(f"{row['model_id']} / {row['parameter']} is clustered but does not say by how many clusters")
    return pd.NA, "clusters"


def rests_on_few(row: pd.Series) -> bool:
    """Return whether a row rests on fewer than FEW_TREATED_CLUSTERS clusters; rows without clusters do not."""
    count, _ = clusters_behind(row)
    return bool(pd.notna(count) and count < FEW_TREATED_CLUSTERS)  # type: ignore[operator]
