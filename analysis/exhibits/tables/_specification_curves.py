"""What all specifications of a curve say together."""

from __future__ import annotations

import pandas as pd

from analysis.exhibits.cells import count, number, p_value
from analysis.exhibits.display import Table
from analysis.exhibits.figures._specification_curve import UNITS


def laid_out(joints: list[pd.DataFrame]) -> Table:
    """Return one column a curve: how many specifications, their estimates, their readings, joint p-values."""
    lines = {joint["title"].iloc[0]: _lines(joint.iloc[0]) for joint in joints}
    frame = pd.DataFrame(lines)
    frame.insert(0, "Specification curve", frame.index)
    return Table(
        frame.reset_index(drop=True), data=pd.concat(joints, ignore_index=True), widths={"Specification curve": "1fr"}, rules=(3, 9, 13)
    )


def _lines(joint: pd.Series) -> dict[str, str]:
    return {
        "Specifications": count(joint["n_specifications"]),
        "With each kind of interval": count(joint["n_rows"]),
        "Claim, unit": f"{joint['claim']}, {UNITS[joint['unit']]}",
        "Main estimate": number(joint["main_estimate"], 2),
        "Larger than": f"{joint['main_rank']:.0%} of specifications",
        "Main reading": joint["main_reading"].replace("untestable (INCONCLUSIVE)", "cannot tell"),
        "Median estimate": number(joint["median"], 2),
        "Middle 95 % of estimates": f"{number(joint['low'], 2)} to {number(joint['high'], 2)}",
        "Above zero": f"{joint['share_positive']:.0%}",
        "Read 'consistent'": f"{joint['share_consistent']:.0%}",
        "Read 'not consistent'": f"{joint['share_not_consistent']:.0%}",
        "Cannot tell": f"{joint['share_undecided']:.0%}",
        "Same verdict as the main one": f"{joint['share_same']:.0%}",
        "In the joint tests": count(joint["n_joint"]),
        "Joint p, median": p_value(joint["p_median"]),
        "Joint p, share significant": p_value(joint["p_share"]),
        "Joint p, average": p_value(joint["p_average"]),
    }
