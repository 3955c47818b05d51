"""Times that the text quotes, and the machine they were measured on."""

import pandas as pd


def count(speed: pd.DataFrame) -> dict:
    """Return the machine, the seconds of this project at the largest size, and ratios to the libraries named."""
    largest = int(speed["rows"].max())
    at = speed[speed["rows"] == largest].set_index(["task", "implementation"])["seconds"]
    ours = speed[speed["implementation"].str.startswith("this project")].set_index(["task", "rows"])["seconds"]
    two_way = "Two-way fixed effects, clustered"
    ratios = [
        float(
            part.set_index("implementation")["seconds"]["linearmodels PanelOLS"]
            / part.set_index("implementation")["seconds"]["this project"]
        )
        for _, part in speed[speed["task"] == two_way].groupby("rows")
    ]
    return {
        "machine": str(speed["machine"].iloc[0]),
        "largest_million": largest / 1e6,
        "two_way_seconds": float(at[(two_way, "this project")]),
        "two_way_ratio": float(at[(two_way, "linearmodels PanelOLS")] / at[(two_way, "this project")]),
        "two_way_ratio_lowest": min(ratios),
        "group_time_seconds": float(ours[("Callaway-Sant'Anna, 1,000 multiplier draws", largest)]),
        "sun_abraham_seconds": float(ours[("Sun-Abraham", largest)]),
        "event_study_seconds": float(ours[("Event study, two-way", largest)]),
        "imputation_seconds": float(ours[("Imputation", largest)]),
        "randomization_seconds": float(ours.xs("Randomization of t, 5,000 draws, Scoreboard", level="task").iloc[0]),
    }
