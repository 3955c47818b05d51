"""The largest difference between two implementations of each estimate."""

import pandas as pd

from analysis.exhibits.display import Table
from analysis.validation.cross_checks import ROUNDING

GROUPS = {"the paper": "Estimates of this paper", "public data": "Other methods, on public data"}


def _shown(difference: float) -> str:
    return f"{difference:.0e}" if difference else f"<{ROUNDING:.0e}"


def layout(cross_checks: pd.DataFrame) -> Table:
    """Return a line for each comparison: what, other library, pairs, largest differences."""
    rows, bold = [], []
    for scope, heading in GROUPS.items():
        bold.append(len(rows))
        rows.append({"Estimate": heading})
        part = cross_checks[cross_checks["scope"] == scope]
        for (what, library), pairs in part.groupby(["comparison", "library"], sort=False):
            largest = pairs.groupby("quantity")["difference"].max()
            size = pairs.loc[pairs["quantity"] != "std_error", "ours"].abs().max()
            absent = bool(pairs["difference"].isna().all())
            rows.append(
                {
                    "Estimate": what,
                    "Other implementation": library,
                    "Pairs": "" if absent else str(len(pairs)),
                    "Largest number": "" if absent else f"{size:.3g}",
                    "Largest difference": "absent" if absent else _shown(largest.drop("std_error", errors="ignore").max()),
                    "of standard errors": "" if absent or "std_error" not in largest else _shown(largest["std_error"]),
                }
            )
    return Table(pd.DataFrame(rows).fillna(""), data=cross_checks, bold=tuple(bold), widths={"Estimate": "1fr"})
