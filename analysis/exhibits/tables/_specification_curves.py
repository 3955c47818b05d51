"""What all specifications of a curve say together."""

from __future__ import annotations

import pandas as pd

from analysis.exhibits.cells import count, interval, number, p_value, percent
from analysis.exhibits.display import Table
from analysis.exhibits.figures._specification_curve import UNITS
from analysis.specification_curve.names import ALL


def laid_out(joints: list[pd.DataFrame]) -> Table:
    """Return one column per curve: how many specifications, their estimates, their readings, joint p-values of all and by estimator."""
    lines = {joint["title"].iloc[0]: _lines(joint.set_index("subset").loc[ALL]) | _by_estimator(joint) for joint in joints}
    frame = pd.DataFrame(lines).reindex(list(dict.fromkeys(name for column in lines.values() for name in column)))
    frame.insert(0, "Specification curve", frame.index)
    starts = ("Main estimate", "Read 'consistent'", "In the joint tests", _ESTIMATOR.format(""))
    rules = [next(i for i, name in enumerate(frame.index) if name.startswith(start)) for start in starts]
    return Table(
        frame.reset_index(drop=True),
        data=pd.concat(joints, ignore_index=True),
        widths=dict.fromkeys(frame, "1fr") | {"Specification curve": "1.7fr"},
        rules=tuple(rules),
    )


_ESTIMATOR = "Joint p, median, {}"


def _by_estimator(joint: pd.DataFrame) -> dict[str, str]:
    chosen = joint[joint["subset"].str.startswith("estimator: ") & joint["p_median"].notna()]
    names = chosen["subset"].str.partition(": ")[2]
    return {_ESTIMATOR.format(name): p_value(p) for name, p in zip(names, chosen["p_median"], strict=True)}


def _lines(joint: pd.Series) -> dict[str, str]:
    return {
        "Specifications (different estimates)": f"{count(joint['n_specifications'])} ({count(joint['n_distinct'])})",
        "Claim, unit": f"{joint['claim']}, {UNITS[joint['unit']]}",
        "Main estimate": f"{number(joint['main_estimate'], 2)} {interval(joint['main_low'], joint['main_high'], 2)}",
        "Larger than": f"{percent(joint['main_rank'])} of specifications",
        "Main reading": joint["main_reading"].replace("untestable (INCONCLUSIVE)", "cannot tell"),
        "Median estimate": number(joint["median"], 2),
        "Middle 95 % of estimates": f"{number(joint['low'], 2)} to {number(joint['high'], 2)}",
        "Above zero": percent(joint["share_positive"], 1),
        "Read 'consistent'": percent(joint["share_consistent"]),
        "Read 'not consistent'": percent(joint["share_not_consistent"]),
        "Cannot tell": percent(joint["share_undecided"]),
        "Same verdict as the main one": percent(joint["share_same"]),
        "In the joint tests": count(joint["n_joint"]),
        "Joint p, median": p_value(joint["p_median"]),
        "Joint p, share significant": p_value(joint["p_share"]),
        "Joint p, average": p_value(joint["p_average"]),
    }
