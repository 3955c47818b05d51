"""What text and notes say of the specification curves of firms."""

import pandas as pd

from analysis.specification_curve.names import ALL


def count(firm_rd_curve_joint: pd.DataFrame, firm_cycle_curve_joint: pd.DataFrame) -> dict:
    """Return the permutations of dates, and of the months to sale how many specifications there are and where their estimates lie."""
    cycle = firm_cycle_curve_joint.set_index("subset").loc[ALL]
    facts = {f"cycle_{name}": float(cycle[name]) for name in ("low", "high")} | {"cycle_n_specifications": int(cycle["n_specifications"])}
    return facts | {"draws": int(firm_rd_curve_joint["draws"].iloc[0])}
