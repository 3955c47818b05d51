"""SIMULATED. What each method makes of the cycle when nothing changes it, and when it is a quarter shorter."""

import numpy as np
import pandas as pd

from analysis.exhibits.display import Table

SCENARIOS = {"censored_cycles_null": "No effect", "censored_cycles": "A quarter shorter"}
COVERAGE = [f"{scenario}: coverage, %" for scenario in SCENARIOS.values()]


def layout(montecarlo: pd.DataFrame) -> Table:
    """Return one row per method: mean estimated change of the cycle and coverage, in both scenarios."""
    processes = {name: montecarlo[montecarlo["data_generating_process"] == name].set_index("method") for name in SCENARIOS}
    truth = {"Method": "Truth"}
    rows = []
    for name, scenario in SCENARIOS.items():
        truth[f"{scenario}: mean estimate"] = _percent(processes[name]["true_effect"].iloc[0])
    for method, first in processes["censored_cycles_null"].iterrows():
        row = {"Method": first["label"] + (" †" if first["misused"] else "")}
        for name, scenario in SCENARIOS.items():
            own = processes[name].loc[method]
            row[f"{scenario}: mean estimate"] = _percent(own["true_effect"] + own["bias"])
            row[f"{scenario}: coverage, %"] = f"{100 * own['coverage']:.0f}"
        rows.append(row)
    data = montecarlo[montecarlo["data_generating_process"].isin(SCENARIOS)]
    return Table(
        pd.DataFrame([truth, *rows]).fillna(""),
        data=data,
        rules=(1,),
        widths={"Method": "1fr"} | dict.fromkeys(list(truth)[1:] + COVERAGE, "14%"),
    )


def _percent(log_ratio: float) -> str:
    return f"{100 * np.expm1(log_ratio):.0f} %"
