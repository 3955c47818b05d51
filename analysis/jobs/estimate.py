"""Panel + specification → Estimate rows."""

from __future__ import annotations

from analysis.core.estimation import estimated
from analysis.core.storage import read_table, write_table


def estimate(name: str, settings: dict, outcome_name: str, outcome: dict | None, panel_path: str, contract: dict, path: str) -> None:
    """Write the estimates of specification `name` for one outcome."""
    panel = read_table(panel_path)
    write_table(estimated(panel, name, settings, outcome_name, outcome, contract), path, contract, panel.attrs["evidence"])
