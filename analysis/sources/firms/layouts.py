"""What a layout of a map says: the columns that it speaks of, how a file may spell them, the tags of facts that it reads."""

from __future__ import annotations

from functools import cache

from analysis.sources.firms.headings import plain

# Columns that the header itself fills: the year and the currency that it names.
YEAR, CURRENCY = "(year)", "(currency)"


def columns_of(how: dict) -> list[str]:
    """Return the columns that a rule of a map reads."""
    named = how.get("from", [])
    return [*([named] if isinstance(named, str) else named), *how.get("sum", []), *how.get("balanced", {}).get("parts", [])] + (
        [how["balanced"]["whole"]] if "balanced" in how else []
    )


def needed(layout: dict) -> list[str]:
    """Return every column that a layout speaks of, in the layout's spelling."""
    names = [name for wanted in layout["header_has"] for name in alternatives(wanted)]
    names += [column for how in layout.get("columns", {}).values() for column in columns_of(how)]
    names += [
        *layout.get("keep", {}),
        *layout.get("prefer", {}),
        *layout.get("carries", []),
        *filter(None, [layout.get("employees"), layout.get("dated")]),
    ]
    if "join" in layout:
        names += [layout["join"]["on"]]
    if long := layout.get("long"):
        names += [
            *long["by"],
            long["name"],
            long["value"],
            long["quarters"],
            *filter(None, [long.get("filed"), long.get("unit")]),
            *long.get("also", []),
        ]
    return list(dict.fromkeys(name for name in names if name not in (YEAR, CURRENCY)))


def alternatives(wanted: str | list[str]) -> list[str]:
    return wanted if isinstance(wanted, list) else [wanted]


def spellings(name: str, layout: dict) -> tuple[str, ...]:
    return _plain((name, *layout.get("also_called", {}).get(name, ())))


@cache
def _plain(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(plain(name) for name in names)


def wanted_tags(adapters: dict[str, dict], suffix: str = "") -> set[str]:
    """Return the tags of facts that the maps read."""
    longs = [
        t["long"]
        for a in adapters.values()
        for t in a["tables"].values()
        if "long" in t and (not suffix or suffix in t.get("suffixes", []))
    ]
    return {tag for long in longs for tags in long["names"].values() for tag in tags}
