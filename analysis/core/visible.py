"""Names from a user's file as text and nothing else: on a terminal, which obeys some characters, and in a spreadsheet, which runs formulas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # every command asks this module, and most need no tables
    import pandas as pd

# Orders to a terminal, and characters that turn the direction of what follows.
ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
NUMBER = re.compile(r"[+-]?\d[\d.]*(e[+-]?\d+)?")
RUN = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def visible(text: str) -> str:
    """Return the text with characters that a terminal would obey written out (\\x1b)."""
    return ORDERS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def for_spreadsheet(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with an apostrophe before each text that a spreadsheet would run, which shows it as text; numbers stay."""
    texts = table.select_dtypes(["object", "string"]).columns
    return table.assign(**{name: table[name].map(_harmless, na_action="ignore") for name in texts})


def _harmless(value: object) -> object:
    if not isinstance(value, str):
        return value
    return f"'{visible(value)}" if value.startswith(RUN) and not NUMBER.fullmatch(value) else visible(value)
