"""What can be wrong with what a person asks for or hands in: configuration, data, an option, a name. Each ends a command with one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ConfigError(ValueError):
    """A configuration that breaks its schema or contradicts itself; the message names file and place."""


class DataError(ValueError):
    """A table that breaks its contract; the message names file, row, column, value and rule."""


class BadOption(ValueError):
    """A choice that a method cannot use, on its own or beside the others; the message says what is allowed.

    `option` is the name of the option or field (`cluster`, `event_window`), `value` what it was, and `valid` what it may be:
    the values of a closed list, else the rule in a word or two.
    """

    def __init__(self, message: str, option: str = "", value: object = None, valid: Iterable[object] = ()) -> None:
        super().__init__(message)
        self.option, self.value = option, value
        self.valid = (valid,) if isinstance(valid, str) else tuple(valid)


class UnknownName(LookupError):
    """A name in configuration, on the command line or in a signature that nothing provides; `valid` are those there are."""

    def __init__(self, message: str, name: str = "", valid: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.name, self.valid = name, tuple(valid)


def unknown(name: str, known: Iterable[str], context: str, kind: str = "name") -> UnknownName:
    """Return the error for an unknown `name`, with the nearest valid ones."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(repr(n) for n in near)}?" if near else f" Known: {', '.join(known)}."
    return UnknownName(f"{context}: unknown {kind} '{name}'.{hint}", name, known)


def violation(where: object, rule: str, row: object = None, column: str | None = None, value: object = None) -> str:
    """Return the one-line description of a broken rule. `row` is the line number in the file, header = 1."""
    parts = [str(where)]
    if row is not None:
        parts.append(f"row {row}")
    if column is not None:
        parts.append(f"column '{column}'")
    if value is not None:
        parts.append(f"value '{value}'")
    return ", ".join(parts) + f": {rule}"
