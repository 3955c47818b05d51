"""Names of what an estimate could not use, short enough for a line."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

SHOWN = 5


def listed(names: Iterable) -> str:
    """Return the first names and how many more there are: 'a, b, c, d, e and 3 more'."""
    names = list(names)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(str, names[:SHOWN])) + more


def periods(index: Iterable) -> str:
    """Return periods by their index, to be shown as the user writes them."""
    return listed(f"‹@{int(period)}›" for period in index)


def joined(*parts: str | Iterable[str]) -> str:
    """Return what several steps left out as one text; a step says one text or a list of them, or nothing."""
    texts = [text for part in parts for text in ([part] if isinstance(part, str) else part)]
    return "; ".join(text for text in texts if text)


def without(panel: pd.DataFrame, fields: Iterable[str], more: Iterable[str]) -> str:
    """Return in words how many rows with all `fields` lack one of `more`, columns that options name: the entrance counts the others."""
    more = [name for name in more if name]
    lost = panel[[name for name in fields if name]].notna().all(axis=1) & panel[more].isna().any(axis=1)
    return f"{int(lost.sum())} rows without {' or '.join(more)}" if lost.any() else ""


def lacking_cohorts(moved: list[tuple[int, int, int]], none: list[int], part: list[int], data: pd.DataFrame) -> str:
    """Return the cohorts of which `none` or only `part` of the effects exist, bases that are not the period just before
    treatment (`moved`: cohort, wanted and used), and what cohort_panel left out of `data`; empty where an average has everything.
    """
    labels = (("cohort ", none), ("some years of cohort ", part))
    said = [label + ", ".join(f"‹@{g}›" for g in cohorts) for label, cohorts in labels if cohorts]
    said += base_notes(moved)
    said += [data.attrs["left_out"]] if "left_out" in data.attrs else []
    return " and ".join(said)


def base_notes(moved: list[tuple[int, int, int]]) -> list[str]:
    """Return one note a wanted and used base period, with the cohorts that it concerns; `moved` are cohort, wanted and used."""
    cohorts: dict[tuple[int, int], list[int]] = {}
    for g, wanted, used in moved:
        cohorts.setdefault((wanted, used), []).append(g)
    return [
        f"an observed period ‹@{wanted}› (base of cohort {', '.join(f'‹@{g}›' for g in sorted(of))}: ‹@{used}›)"
        for (wanted, used), of in cohorts.items()
    ]
