"""The columns that were named, found in a header as people write headers: with spaces, blanks and repetitions."""

from __future__ import annotations

from collections import Counter

from analysis.core.errors import DataError, unknown, violation
from analysis.core.specification import flag


def stripped(header: list[str]) -> list[str]:
    """Return the names without the spaces (and byte-order marks) around them, line breaks within as one space."""
    return [" ".join(str(name).replace("\ufeff", "").split("\n")).strip() for name in header]


def once(header: list[str]) -> set[str]:
    """Return the names that one column alone has."""
    return {name for name, times in Counter(stripped(header)).items() if times == 1 and name}


def places_of(header: list[str], roles: dict[str, set[str]], also: set[str], where: str, row: int) -> tuple[dict[str, int], list[str]]:
    """Return each needed column's place, in the order named, and notes on the header.

    Columns of `roles` must be there (UnknownName offers the nearest), those of `also` may be. A needed name that two
    columns bear raises DataError, because one of them would be taken silently.
    """
    names = stripped(header)
    for name, fields in roles.items():
        if name not in names:
            raise unknown(name, [one for one in names if one], f"{where}: {flag(min(fields))}", "column")
    times = Counter(names)
    needed = list(dict.fromkeys([*roles, *(name for name in names if name in also)]))
    notes = []
    for name in [name for name, count in times.items() if count > 1 and name]:
        positions = [str(i + 1) for i, one in enumerate(names) if one == name]
        listed = f"{', '.join(positions[:-1])} and {positions[-1]}"
        if name in needed:
            rule = f"columns {listed} have this name{_by_spaces(header, names, name)}; rename all but one"
            raise DataError(violation(where, rule, row=row, column=name))
        notes.append(f"columns {listed} are all called '{name}'")
    if padded := [name for raw, name in zip(header, names, strict=True) if name and str(raw) != str(raw).strip()]:
        notes.append(f"column names are read without the spaces around them: {', '.join(map(repr, padded[:5]))}")
    return {name: names.index(name) for name in needed}, notes


def _by_spaces(header: list[str], names: list[str], name: str) -> str:
    written = {str(raw) for raw, one in zip(header, names, strict=True) if one == name}
    return " but for spaces" if len(written) > 1 else ""
