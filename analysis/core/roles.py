"""What columns may be at the same time, and which outcomes a method can take: said in the entrance, where lines of the file are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption, violation
from analysis.core.estimates import NotIdentified, noted
from analysis.core.method import Method
from analysis.core.quoting import unquoted
from analysis.core.specification import flag

# Fields whose columns explain the outcome, each once.
EXPLAINING = ("treatment", "controls", "instruments")
# What a spell is made of; duration and upper may be one column: all ends are dated.
SPELL = ("duration", "event", "entry")
EXPLAINED = ("outcome", "duration", "event")
NOTHING_LEFT = "ROUNDING: the effect and its standard error are zero but for rounding, so that no test exists"
# Effects and errors below this share of the largest outcome are what rounding leaves of differences that cancel.
ROUNDING = 1e-13
EFFECTS = ("att", "event", "group", "att_gt", "calendar")


def check_roles(fields: dict[str, list[str]], method: Method) -> None:
    """Raise BadOption for a column that explains itself, or explains twice; `fields` are the roles of each column.

    Methods that condition on what was before treatment may take the outcome itself for a control.
    """
    for column, roles in fields.items():
        own = [role for role in roles if role in EXPLAINED]
        others = [role for role in roles if role in EXPLAINING and not (role == "controls" and method.conditions_on_the_past)]
        others += [role for role in roles if role == "strata" and "event" in own]
        if own and others:
            raise BadOption(
                f"{column} is named by {flag(own[0])} and {flag(others[0])}: a column cannot explain itself; name another",
                others[0],
                column,
                "another column",
            )
        spell = [role for role in roles if role in SPELL]
        if len(spell) > 1:
            raise BadOption(
                f"{column} is named by {flag(spell[0])} and again by {flag(spell[1])}: a spell has a column for each",
                spell[1],
                column,
                "another column",
            )
        twice = [role for role in roles if role in EXPLAINING]
        if len(twice) > 1:
            raise BadOption(
                f"{column} is named by {flag(twice[0])} and again by {flag(twice[1])}: name it once", twice[1], column, "another column"
            )


def check_outcome(
    outcome: pd.Series, complete: np.ndarray, method: Method, panel: pd.DataFrame, where: str, lines: Callable[[int], int]
) -> None:
    """Raise NotIdentified for an outcome (rows,) that is the same in all rows, or out of the method's range.

    Blanks, and rows (rows,) that are not `complete`, which no estimate uses, are not looked at.
    """
    values = np.where(complete, outcome.to_numpy(float), np.nan)
    column = unquoted(outcome.name)
    low, high, rule = method.outcome_range or (-np.inf, np.inf, "")
    slack = 1e-9 if np.isfinite(high) else 0.0  # shares that were added up
    outside = (values < low - slack) | (values > high + slack)
    if outside.any():
        row = int(np.argmax(outside))
        line = violation(where, rule, lines(row), column, panel[column].iloc[row])
        raise NotIdentified("SUPPORT", f"{line}; {int(outside.sum())} of {int(np.isfinite(values).sum())} rows are outside")
    least, most = np.nanmin(values, initial=np.inf), np.nanmax(values, initial=-np.inf)
    if least == most:
        which = "" if complete.all() else " that has all variables"
        raise NotIdentified("SUPPORT", f"the outcome does not vary: {column} is {most:g} in every row{which}")


def without_rounding(row: dict, largest: float) -> dict:
    """Return the row, or one without a test where effect and error are but rounding of outcomes as large as `largest`."""
    error = row.get("std_error", np.nan)
    small = abs(row.get("estimate", np.nan)) <= ROUNDING * largest and error <= ROUNDING * largest
    if not small or row["term"].split(":")[0] not in EFFECTS or row.get("reason"):
        return row
    tests = ("std_error", "p_value", "ci_low", "ci_high", "ci90_low", "ci90_high", "mde80")
    return {key: value for key, value in row.items() if key not in tests} | {"estimate": 0.0} | noted(NOTHING_LEFT)
