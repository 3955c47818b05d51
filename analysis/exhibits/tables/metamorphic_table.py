"""Which harmless changes of the data leave every number of each estimator as it was."""

import pandas as pd

from analysis.exhibits.display import Table

# Changes of one kind share a column.
CHANGES = {
    "Rows": ("rows permuted", "columns that nothing names"),
    "Names": ("columns named as our own", "columns named as our own, otherwise"),
    "Labels": ("names relabelled", "names as text", "names as categories"),
    "Types": ("nullable types", "decimals and truth values"),
    "Files": ("through CSV", "through Parquet", "through Stata", "through Excel"),
    "Periods": ("every second year", "quarters as YYYYQ", "months as dates"),
    "Never": ("never as blank", "never as 9999", "never as infinity"),
    "Outcome": ("outcome in other units", "outcome from another origin", "durations in other units"),
    "Regressors": ("a regressor in other units", "a regressor from another origin"),
}


def layout(metamorphic: pd.DataFrame) -> Table:
    """Return a line for each estimator: how many of the changes of each kind held, of how many that apply."""
    rows = []
    for estimator, part in metamorphic.groupby("estimator", sort=True):
        held = part.set_index("change")["held"].astype(bool)
        line = {"Estimator": str(estimator).replace("_", " ")}
        for kind, changes in CHANGES.items():
            one = held[held.index.isin(changes)]
            line[kind] = f"{int(one.sum())} of {len(one)}" if len(one) else ""
        rows.append(line | {"All": f"{int(held.sum())} of {len(held)}"})
    total = {"Estimator": "All", "All": f"{int(metamorphic['held'].astype(bool).sum())} of {len(metamorphic)}"}
    return Table(pd.DataFrame([*rows, total]).fillna(""), data=metamorphic, rules=(len(rows),), widths={"Estimator": "1fr"})
