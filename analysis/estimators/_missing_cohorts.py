"""What an average over cohorts lacks, in words: it ends the sample of the average's rows."""

from __future__ import annotations

import pandas as pd


def words(moved: list[tuple[int, int, int]], none: list[int], part: list[int], data: pd.DataFrame) -> str:
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
