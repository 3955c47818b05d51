"""Treatments that switch on, off or change dose (de Chaisemartin and D'Haultfoeuille 2024, REStat, "Intertemporal treatment effects"), by moderndid."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.estimators._regression import complete_rows
from analysis.method import Method, Option

METHOD = Method(
    title="Intertemporal effects of a treatment that may switch off or have a dose",
    citation="de Chaisemartin and D'Haultfoeuille (2024), REStat, doi 10.1162/rest_a_01414",
    library="moderndid",
    needs=("outcome", "unit", "time", "treatment|cohort"),
    accepts=("controls", "cluster", "weights"),
    options={
        "effects": Option(1, "periods after the first change of treatment for which effects are reported"),
        "placebos": Option(0, "periods before it for which placebo effects are reported"),
        "normalized": Option(False, "divide each effect by the treatment received, for effects of a unit of dose"),
        "switchers": Option("all", "units whose treatment first rises (in), falls (out), or all", ("all", "in", "out")),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'att' (average total effect a unit of treatment), 'event' rows and, with placebos, their joint test.

    Event time 0 is the first changed period; controls are units whose treatment has not changed yet. Raises
    NotIdentified when no unit changes or none can be compared.
    """
    options = METHOD.read(specification)
    # Rows without an outcome stay: they say when treatment changed.
    columns = [specification.unit, specification.time, *specification.cluster, specification.treatment, specification.weights]
    data = panel
    treatment = specification.treatment
    if specification.cohort:
        treatment = "_in_force"
        cohort = data[specification.cohort].astype("float64").replace(0, np.nan)
        data = data.assign(_in_force=(data[specification.time] >= cohort).astype(float))
        columns.append(treatment)
    whole = complete_rows(data.reset_index(drop=True).assign(_row=np.arange(len(data))), [*columns, "_row"])
    kept = [specification.outcome, *specification.controls]
    data = whole.assign(**{name: data[name].to_numpy()[whole["_row"]] for name in kept}).drop(columns="_row")
    changed = (
        data.sort_values([specification.unit, specification.time]).groupby(specification.unit)[treatment].agg(lambda d: d.nunique() > 1)
    )
    if not changed.any():
        raise NotIdentified("SUPPORT", "treatment changes in no unit")
    result = _run(data, specification, treatment, options)
    cluster = next(iter(specification.cluster), specification.unit)
    clusters = data.groupby(cluster)[specification.unit].apply(lambda units: changed.reindex(units.unique()).any())
    counts = {"n_obs": len(data), "n_units": len(changed), "n_treated": int(changed.sum())}
    counts |= {"n_clusters": len(clusters), "n_treated_clusters": int(clusters.sum())}
    about = {"inference": "analytic", "library": "moderndid", **counts}
    rows = []
    if result.ate is not None:
        rows.append(parameter("att", result.ate.estimate, result.ate.std_error, **about))
    for part, sign in ((result.effects, 1), (result.placebos, -1)):
        if part is None:
            continue
        for horizon, value, error in zip(
            np.abs(np.asarray(part.horizons)), np.asarray(part.estimates), np.asarray(part.std_errors), strict=True
        ):
            # Their effect 1 is the period of the change; their placebo 1 compares the two periods before it.
            event_time = int(horizon) - 1 if sign > 0 else -int(horizon) - 1
            rows.append(parameter("event", value, error, event_time=event_time, **about))
    if result.placebo_joint_test is not None:
        test = result.placebo_joint_test
        rows.append(parameter("pretrend", test["chi2_stat"], inference="wald", p_value=test["p_value"], library="moderndid", **counts))
    return rows


def _run(data: pd.DataFrame, specification, treatment: str, options):
    from moderndid import did_multiplegt  # two seconds to import

    units = pd.factorize(data[specification.unit])[0]
    frame = data.assign(_unit=units)
    cluster = next((name for name in specification.cluster if name != specification.unit), None)
    if cluster is not None:
        frame["_cluster"] = pd.factorize(frame[cluster])[0]
    plain = {name: f"_x{i}" for i, name in enumerate(specification.controls)}
    frame = frame.assign(**{new: frame[name] for name, new in plain.items()})
    controls = "~" + ("+".join(plain.values()) or "1")
    try:
        return did_multiplegt(
            frame, specification.outcome, specification.time, "_unit", treatment, cluster=None if cluster is None else "_cluster",
            weightsname=specification.weights or None, xformla=controls, effects=options.effects, placebo=options.placebos,
            normalized=options.normalized, switchers="" if options.switchers == "all" else options.switchers,
        )  # fmt: skip
    except (ValueError, KeyError, IndexError, np.linalg.LinAlgError) as error:
        raise NotIdentified("SUPPORT", f"moderndid could not compare switchers ({' '.join(str(error).split())})") from error
