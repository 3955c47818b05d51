"""What the text says of the firm files: counts, and estimates that it quotes."""

import numpy as np
import pandas as pd

from analysis.exhibits.cells import select_one
from analysis.panels._issuers import issues_of


def count(
    firm_panel: pd.DataFrame,
    project_spells: pd.DataFrame,
    financing_events: pd.DataFrame,
    cycle: pd.DataFrame,
    cycle_completed: pd.DataFrame,
    cycle_immortal: pd.DataFrame,
    firm_green_logs: pd.DataFrame,
    firm_elsewhere: pd.DataFrame,
    panels: dict,
) -> dict:
    """Return sizes, the cycle by the model and by the comparison of completed projects, and other warnings."""
    firms = firm_panel.drop_duplicates("firm_id")

    def value(row: pd.Series, column: str = "estimate") -> float:
        return float("nan") if pd.isna(row[column]) else float(row[column])

    def percent(row: pd.Series) -> float:
        return float(100 * np.expm1(value(row)))

    logs = {name: value(select_one(firm_green_logs, outcome=f"firm_green_log1p_{name}", term="treated")) for name in ("million", "yuan")}
    few = select_one(firm_elsewhere, outcome="firm_sales", term="att")
    return {
        "n_firms": len(firms),
        "n_firm_years": len(firm_panel),
        "n_issuers": int(firms["issuer"].sum()),
        "n_issues": len(issues_of(financing_events, panels["firm_panel"]["settings"]["instrument"])),
        "n_cities": int(firms.loc[firms["issuer"] & firms["city"].notna(), "cluster"].nunique()),
        "n_projects": len(project_spells),
        "sold_share": float(100 * project_spells["ended"].mean()),
        "cycle_change": percent(select_one(cycle, term="exposed")),
        "completed_change": percent(select_one(cycle_completed, term="exposed")),
        "immortal_ratio": float(np.exp(value(select_one(cycle_immortal, term="ever_exposed")))),
        "log_million": logs["million"],
        "log_yuan": logs["yuan"],
        "few_clusters": 0 if pd.isna(few["n_treated_clusters"]) else int(few["n_treated_clusters"]),
        "few_estimate": value(few),
        "few_error": value(few, "std_error"),
    }
