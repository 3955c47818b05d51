"""Printed numbers with ours beside them."""

import math

import pandas as pd

from analysis.exhibits.display import Table


def layout(published_numbers: pd.DataFrame) -> Table:
    """Return a line for each printed estimate with its standard error, grouped by target; all quantities in the CSV."""
    rows = []
    ordered = published_numbers.sort_values(["estimator", "source", "target"], kind="stable")
    for _, part in ordered.groupby("target", sort=False):
        for parameter, group in part.groupby("parameter", sort=False):
            by = group.set_index("quantity")
            for first, second in (("estimate", "std_error"), ("ci_low", "ci_high"), ("p_value", "")):
                shown = [q for q in (first, second) if q in by.index]
                if shown:
                    rows.append(_line(by.loc[shown], group.iloc[0], parameter, first if first in shown else shown[0]))
    frame = pd.DataFrame(rows)
    repeated = frame[["Estimator", "Source"]].eq(frame[["Estimator", "Source"]].shift()).all(axis=1)
    frame.loc[repeated, ["Estimator", "Source"]] = ""
    starts = tuple(i for i, again in enumerate(repeated) if not again and i)
    return Table(frame, data=published_numbers, widths={"Estimator": "1fr", "Source": "1.9fr", "Parameter": "1.1fr"}, rules=starts)


def _line(shown: pd.DataFrame, target: pd.Series, parameter: str, kind: str) -> dict:
    return {
        "Estimator": target["estimator"].replace("_", " "),
        "Source": target["source"],
        "Parameter": parameter.replace("honest_", "").replace("_", " ") + (" (p)" if kind == "p_value" else ""),
        "Printed": _pair(shown["published"], shown["tolerance"].iloc[0], kind),
        "Ours": _pair(shown["ours"], shown["tolerance"].iloc[0] / 10, kind),
        "Differs by": "absent" if shown["difference"].isna().all() else f"{shown['difference'].max():.1e}",
    }


def _pair(values: pd.Series, tolerance: float, kind: str) -> str:
    digits = max(0, min(7, round(-math.log10(tolerance) + 0.2)))
    texts = ["" if pd.isna(v) else f"{v:.{digits}f}" for v in values]
    if not any(texts):
        return ""
    if len(texts) == 2:
        return f"[{texts[0]}, {texts[1]}]" if kind == "ci_low" else f"{texts[0]} ({texts[1]})"
    return f"({texts[0]})" if values.index[0] == "std_error" else texts[0]
