"""SIMULATED. How often the pipeline recovers the true effects, and whether the rule reads it rightly."""

import math

import pandas as pd

from analysis.exhibits.tables.presets_table import judged

# Claims whose four scenarios the rule must tell apart: the cycle, green investment, R&D.
HEADLINE = ("Q1", "Q2", "D1")


def count(recoveries: pd.DataFrame, presets: pd.DataFrame, true_effects: pd.DataFrame) -> dict:
    """Return counts over firm tests, of the default cohort and of the four presets."""
    known = presets.dropna(subset=["recovered"])
    verdicts = [judged(row) for row in presets.to_dict("records")]
    overall = true_effects[true_effects["at"] == "overall"].set_index("quantity")["value"]
    nothing = known[known["true_effect"] == 0]
    own = recoveries.dropna(subset=["recovered"])
    return {
        "preset": str(true_effects["preset"].iloc[0]),
        "n_tests": len(own),
        "n_recovered": int(own["recovered"].sum()),
        "n_preset_tests": len(known),
        "n_preset_recovered": int(known["recovered"].sum()),
        "n_null": len(nothing),
        "n_null_rejected": int((~nothing["recovered"].astype(bool)).sum()),
        "n_right": verdicts.count("right"),
        "n_wrong": verdicts.count("wrong"),
        "n_headline": sum(row["claim"] in HEADLINE for row in presets.to_dict("records")),
        "n_headline_right": sum(
            row["claim"] in HEADLINE and verdict == "right" for row, verdict in zip(presets.to_dict("records"), verdicts, strict=True)
        ),
        "n_undecided": verdicts.count("undecided"),
        "wrong": "; ".join(
            f"{r['claim']} ({r['preset']})" for r, v in zip(presets.to_dict("records"), verdicts, strict=True) if v == "wrong"
        )
        or "none",
        "true_cycle": float(100 * (math.exp(overall["cycle"]) - 1)),
        "true_green": float(100 * (math.exp(overall["green_investment"]) - 1)),
    }
