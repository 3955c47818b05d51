"""What duration methods share: the spells that a specification names, checked, and groups."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, noted
from analysis.core.specification import Specification
from analysis.estimators._regression import complete_rows, regressors_of
from analysis.inference.cluster import need_two
from analysis.inference.cox_partial_likelihood import Separated
from analysis.inference.product_limit import Curve, curve
from analysis.inference.separation import culprits, in_words
from analysis.inference.standard_units import Dependent
from analysis.inference.tied_times import joined


def spells_of(
    panel: pd.DataFrame, specification: Specification, positive: bool = True, kinds: bool = False, more: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Return complete spells with columns `duration`, `event` (integer), `entry`, and what else the specification, or `more`, names.

    Times that differ by rounding only are made one. `kinds` allows event codes above 1 (several kinds of ends). Raises
    NotIdentified for negative durations, late entry after the end, or event codes that are not whole numbers.
    """
    named = [specification.duration, specification.event, specification.entry, *regressors_of(specification)]
    used = list(dict.fromkeys(filter(None, [*named, specification.unit, *specification.strata, *specification.cluster, *more])))
    data = complete_rows(panel, used)
    data = data.assign(
        duration=data[specification.duration].astype(float),
        event=data[specification.event].astype(float),
        entry=data[specification.entry].astype(float) if specification.entry else 0.0,
    )
    data = with_ties(data, specification)
    # Spells that enter late may start at negative times; others must last.
    bad = (data["duration"] <= data["entry"]) if positive or specification.entry else (data["duration"] < 0)
    if bad.any():
        row = int(np.argmax(bad.to_numpy()))
        last, first = data["duration"].iloc[row], data["entry"].iloc[row]
        # Its number in the data as they came: before rows were left out or sorted.
        number = panel.index[panel[used].notna().all(axis=1)][row] + 1
        raise NotIdentified(
            "SUPPORT", f"spell {number} ends at {last:g}, not after its start at {first:g}; drop or correct such spells first"
        )
    if (data["event"] % 1 != 0).any() or (data["event"] < 0).any():
        raise NotIdentified("SUPPORT", f"{specification.event} must hold 0 (censored), 1 (ended) and, for competing risks, 2, 3, ...")
    data["event"] = data["event"].astype(int)
    if not kinds and data["event"].max() > 1:
        none = " and no 0, which must mean censored: recode it, as 1 to 0 and 2 to 1; or" if data["event"].min() > 0 else ";"
        raise NotIdentified("SUPPORT", f"{specification.event} has codes above 1{none} competing_risks takes several kinds of ends")
    if not (data["event"] > 0).any():
        raise NotIdentified("SUPPORT", "no spell ends: every one is censored")
    return data


def uncensored(data: pd.DataFrame, specification: Specification) -> dict:
    """Return a note on rows where several kinds of ends leave no spell censored: 1 may stand for censored in such a file."""
    if data["event"].min() == 0 or data["event"].max() == 1:
        return {}
    return noted(f"ENDS: no spell is censored, as {specification.event} is nowhere 0; recode it where another code means censored")


def with_ties(data: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Return the spells with `duration` and, where spells enter late, `entry` that differ by rounding only made equal."""
    columns = ["duration", "entry"] if specification.entry else ["duration"]
    return data.assign(**dict(zip(columns, joined(*(data[c].to_numpy() for c in columns)), strict=True)))


def groups_of(data: pd.DataFrame, specification: Specification) -> list[tuple[str, pd.DataFrame]]:
    """Return (label, spells) by the combinations of `strata`, or of a 0/1 `treatment`; one unlabelled group without either."""
    columns = _grouping(data, specification)
    if not columns:
        return [("", data)]
    parts = data.groupby(columns if len(columns) > 1 else columns[0], sort=True, observed=True)
    return [(f"{_label(key)}", part) for key, part in parts]


def codes_of(data: pd.DataFrame, specification: Specification) -> np.ndarray:
    """Return the same groups as codes from 0 (rows,); NotIdentified when there is but one."""
    codes = data.groupby(_grouping(data, specification), sort=True, observed=True).ngroup().to_numpy()
    if codes.max() < 1:
        raise NotIdentified("SUPPORT", "one group only: no curves to compare")
    return codes


def _grouping(data: pd.DataFrame, specification: Specification) -> list[str]:
    if specification.strata and specification.treatment:
        raise BadOption(
            f"{specification.estimator} groups by --strata or by --treatment, not by both",
            "strata",
            specification.strata,
            "strata or treatment",
        )
    if specification.treatment and not data[specification.treatment].isin([0, 1]).all():
        raise BadOption(
            f"{specification.estimator} groups by a 0/1 --treatment; use --strata for groups of another kind",
            "treatment",
            specification.treatment,
            "a column of 0 and 1",
        )
    return list(specification.strata) or ([specification.treatment] if specification.treatment else [])


def _label(key: object) -> str:
    return ",".join(_label(k) for k in key) if isinstance(key, tuple) else f"{key:.15g}" if isinstance(key, float) else str(key)


def term(name: str, group: str) -> str:
    return f"{name}[{group}]" if group else name


def counts_of(data: pd.DataFrame, specification: Specification) -> dict:
    units = data[specification.unit].nunique() if specification.unit else len(data)
    treated = {}
    if specification.treatment and data[specification.treatment].isin([0, 1]).all():
        on = data[specification.treatment] == 1
        treated["n_treated"] = int(data.loc[on, specification.unit].nunique()) if specification.unit else int(on.sum())
    return {"n_obs": len(data), "n_units": int(units), **treated}


def cluster_counts(data: pd.DataFrame, specification: Specification, clusters: np.ndarray) -> dict:
    """Return n_clusters of the codes (rows,) and, with a 0/1 treatment, n_treated_clusters; NotIdentified for a single cluster."""
    counts = {"n_clusters": need_two(clusters)}
    if specification.treatment and data[specification.treatment].isin([0, 1]).all():
        counts["n_treated_clusters"] = len(np.unique(clusters[(data[specification.treatment] == 1).to_numpy()]))
    return counts


def clusters_of(data: pd.DataFrame, specification: Specification) -> np.ndarray | None:
    """Return cluster codes: the named column, or units where one has several spells; None where every row is its own."""
    if len(specification.cluster) > 1:
        raise BadOption("durations take one cluster variable", "cluster", specification.cluster, "one column")
    if specification.cluster:
        return pd.factorize(data[specification.cluster[0]])[0]
    return pd.factorize(data[specification.unit])[0] if specification.unit and data[specification.unit].duplicated().any() else None


def _codes(values: pd.Series) -> str:
    return ", ".join(f"{code:g}" for code in np.unique(values.dropna())[:5])


def bounds_of(panel: pd.DataFrame, specification: Specification, more: tuple[str, ...] = ()) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return complete rows, and between which durations each ended (rows,): the same for a date, up to infinity where it had not.

    With `upper` a spell ended between `duration` and `upper` (blank: not yet); else `event` says so. `more` must not be missing
    either. Raises NotIdentified for negative durations, ends before starts, or when nothing ends.
    """
    low, high = panel[specification.duration].astype(float), panel[specification.upper or specification.event].astype(float)
    if specification.upper:
        high = high.fillna(np.inf)
    elif not high.dropna().isin([0, 1]).all():
        raise NotIdentified("SUPPORT", f"{specification.event} must hold 0 (censored) and 1 (ended); it holds {_codes(high)}")
    else:
        high = low.where(high == 1, np.inf).where(high.notna())
    before = f"ends before it starts: {specification.upper} below {specification.duration}"
    for bad, words in ((low < 0, "has a negative duration"), (high < low, before)):
        if bad.any():
            raise NotIdentified("SUPPORT", f"spell {int(np.argmax(bad.to_numpy())) + 1} {words}")
    named = [specification.duration, *regressors_of(specification), *more, specification.unit, *specification.cluster]
    data = complete_rows(panel.assign(_low=low, _high=high), [*named, "_low", "_high"])
    low, high = data["_low"].to_numpy(float), data["_high"].to_numpy(float)
    if not np.isfinite(high).any():
        raise NotIdentified("SUPPORT", "no spell ends: every one is censored")
    return data, low, high


def separated_ends(names: list[str], x: np.ndarray, low: np.ndarray, high: np.ndarray) -> NotIdentified | None:
    """Return the refusal that says which covariates `x` (rows, k) have no finite effect on durations, or None.

    Of spells that had not ended (or only those that ended before they were first seen), one side of the likelihood is missing.
    """
    kind = np.where(np.isinf(high), 1.0, np.where(low <= 0, 0.0, 0.5))
    found = culprits(x, kind, names, np.ones((len(x), 1)))
    if found is None:
        return None
    if len(found) == 1:
        values = x[:, names.index(found[0])]
        words = in_words(found[0], values, kind, "every spell had ended before it was first seen", "no spell ends")
    else:
        words = f"together, {', '.join(found)} set spells that end apart from those that do not"
    return NotIdentified("SEPARATION", f"the likelihood has no maximum: {words}")


def times_of(asked: list, data: pd.DataFrame) -> list[tuple[float, str]]:
    """Return the times to report, each with its label: those asked for, else the quartiles of the durations.

    A time that agrees with a duration to rounding is that duration: an end at 0.1 + 0.2 has happened by 0.3.
    """
    if not asked:
        return [(float(t), f"{t:g}") for t in np.quantile(data["duration"], [0.25, 0.5, 0.75])]
    try:
        # YAML takes 1e3 for text.
        given = [float(t) for t in asked if not isinstance(t, bool)]
    except (TypeError, ValueError):
        given = []
    if len(given) < len(asked) or not np.isfinite(given).all():
        raise BadOption(f"option times is {asked}; it must hold numbers, like [12, 24]", "times", asked, "numbers")
    lasted = np.unique(data["duration"])
    moved, steady = joined(np.array(given), lasted)
    at = np.minimum(np.searchsorted(steady, moved), len(lasted) - 1)
    exact = np.where(steady[at] == moved, lasted[at], given)
    return [(float(time), f"{label:.15g}") for time, label in zip(exact, given, strict=True)]


def curve_of(part: pd.DataFrame) -> Curve:
    """Return the product-limit curve of spells."""
    return curve(part["duration"].to_numpy(), part["event"].to_numpy() > 0, part["entry"].to_numpy())


def unseen(time: float, label: str, part: pd.DataFrame, curve: Curve | None = None) -> str:
    """Return why nothing can be said of a time, or an empty text.

    It lies before the first start or after the last duration; or all at risk had ended before others entered, from where
    on the curve would stay at zero whatever these do.
    """
    if time > part["duration"].max():
        return f"no spell is observed for {label}"
    if time < part["entry"].min():
        return f"no spell has begun by {label}"
    if curve is not None and curve.emptied <= time and curve.emptied < part["duration"].max():
        return (
            f"all {int(curve.at_risk[np.searchsorted(curve.times, curve.emptied)])} at risk at {curve.emptied:g} end there, before "
            f"others enter: the curve would stay at zero; leave out the earliest entries"
        )
    return ""


def silent(time: float, group: str, kind: int | None = None, until: str = "by") -> dict:
    """Return why there is no error: a curve without ends (of that kind) `until` a time does not show how it varies."""
    whose, how = f" of {group}" if group else "", "" if kind is None else f" with code {kind}"
    return noted(f"FLAT: no spell{whose} ends{how} {until} {time:g}, so that its error is not known (it is not zero)")


def ended(time: float, group: str) -> dict:
    """Return why there is no error: a curve that falls at once to where it ends does not show how it varies."""
    whose = f" of {group}" if group else ""
    return noted(f"ENDED: all at risk{whose} have ended by {time:g}, so that the error is not known (it is not zero)")


def told_apart(error: Dependent, names: list[str], specification: Specification) -> NotIdentified:
    """Return the refusal that names the covariates which do not vary, or depend on each other."""
    involved = [names[j] for j in error.columns]
    among = "within the strata" if specification.strata else "among the spells at risk when one ends"
    if error.constant:
        return NotIdentified("SINGULAR", f"{', '.join(involved)} {'does' if len(involved) == 1 else 'do'} not vary {among}; leave it out")
    return NotIdentified("SINGULAR", f"the covariates are collinear: {', '.join(involved)}; leave one of them out")


def separated(error: Separated, names: list[str], remedy: str) -> NotIdentified:
    """Return the refusal that names the covariates whose coefficients would be infinite."""
    involved = ", ".join(names[j] for j in error.columns)
    return NotIdentified(
        "SEPARATION",
        f"the likelihood has no maximum in {involved}: high and low values separate those who end from those who do not, as where "
        f"nobody of a group ends (or a few values lie far from all others); {remedy}",
    )
