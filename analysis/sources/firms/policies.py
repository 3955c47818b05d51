"""What happens to a value that breaks a rule: refuse (the study stops and lists them), blank (the cell), drop (the row)."""

from __future__ import annotations

from dataclasses import dataclass, field

REFUSE, BLANK, DROP = "refuse", "blank", "drop"


@dataclass(frozen=True)
class Policies:
    """Policies by kind of rule; `fields` (`firm_accounts.sales`: blank) come before them, a map's own before both.

    keys: what names the row (firm, year, currency, event, date); words: what is no number, date or word of a closed list;
    range: a number below or above what the field allows; rows: rows with another number of cells than the header;
    magnitude: figures that seem to be in another unit.
    """

    keys: str = REFUSE
    words: str = REFUSE
    range: str = REFUSE
    rows: str = REFUSE
    magnitude: str = REFUSE
    fields: dict[str, str] = field(default_factory=dict)

    def of(self, table: str, name: str, rule: dict, kind: str, how: dict) -> str:
        """Return the policy for a field of a table; `kind` is 'range' or 'words'. A key is never blanked."""
        chosen = how.get("policy") or self.fields.get(f"{table}.{name}") or (self.keys if rule.get("required") else getattr(self, kind))
        return REFUSE if chosen == BLANK and rule.get("required") else chosen


# Everything set aside, nothing refused: for the simulated cohort, whose errors are there to be found.
DONE = {BLANK: "; the cell is left blank", DROP: "; the row is left out", REFUSE: ""}
