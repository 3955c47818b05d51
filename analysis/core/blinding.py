"""Blind runs: treatment labels are permuted among units before panels see them, so that designs can be settled unseen.

The environment variable IPS_BLIND holds the seed of the permutation. Tables that carry labels say so in their contracts (`labels` in
config/tables/*.yaml); every panel built from one is blind, so that no panel can be forgotten. Dates, their number and what
belongs to an issue stay; which unit has them does not. Descriptions of the market hold no outcome and stay as they are.
"""

from __future__ import annotations

import os
import zlib

import numpy as np
import pandas as pd

from analysis.core.errors import DataError

VARIABLE = "IPS_BLIND"
MARK = "BLIND: treatment labels permuted, no result"


def blind_seed() -> int | None:
    """Return the seed of a blind run, or nothing in an open one. Raises DataError when IPS_BLIND is no whole number."""
    given = os.environ.get(VARIABLE, "")
    if given and not given.isdecimal():
        raise DataError(f"{VARIABLE}={given}: a blind run needs a whole number, the seed of the permutation")
    return int(given) if given else None


def permuted(tables: dict[str, pd.DataFrame], labels: dict[str, dict], seed: int) -> dict[str, pd.DataFrame]:
    """Return the tables with those named in `labels` permuted: each labelled unit's rows go to one drawn in its place.

    `labels`: table → {unit: columns, among: table of all units, like: columns the new unit shares with the old one,
    observed: {time, date, span}: the new unit must be seen in each period of `span` around the first date, clear: columns to
    blank}. A condition that no unit meets is waived, for that unit only. The same seed permutes alike in every panel.
    Raises DataError when the table of all units is not at hand.
    """
    blinded = dict(tables)
    for name, rule in labels.items():
        if rule["among"] not in tables:
            raise DataError(f"a panel made from {name} must also take {rule['among']}, among which a blind run permutes the labels")
        generator = np.random.default_rng(zlib.crc32(f"{seed} {name}".encode()))
        blinded[name] = _permute(tables[name], tables[rule["among"]], rule, generator)
        blinded[name].attrs = tables[name].attrs
    return blinded


def _permute(table: pd.DataFrame, population: pd.DataFrame, rule: dict, generator: np.random.Generator) -> pd.DataFrame:
    unit = rule["unit"]
    owners = list(table[unit].itertuples(index=False, name=None))
    everyone = sorted(set(population[unit].itertuples(index=False, name=None)) | set(owners))
    order = [everyone[i] for i in generator.permutation(len(everyone))]
    alike = _groups(population, rule)
    seen = _seen(population, rule)
    first = _first_periods(table, owners, rule)
    holders: dict[tuple, tuple] = {}
    for owner in sorted(set(owners)):
        periods = [first[owner] + step for step in range(*_span(rule))] if owner in first else []

        def like(other: tuple, owner: tuple = owner) -> bool:
            return owner not in alike or alike.get(other) == alike[owner]

        def there(other: tuple, periods: list[int] = periods) -> bool:
            return all(other in seen.get(period, ()) for period in periods)

        holders[owner] = next((other for other in order if like(other) and there(other)), ()) or next(filter(like, order), ()) or order[0]
        order.remove(holders[owner])
    moved = pd.DataFrame([holders[owner] for owner in owners], columns=unit, index=table.index)
    return table.assign(
        **{column: moved[column].astype(table[column].dtype) for column in unit}, **dict.fromkeys(rule.get("clear", ()), pd.NA)
    )


def _groups(population: pd.DataFrame, rule: dict) -> dict[tuple, tuple]:
    """Return unit → its values of `like` (the last seen)."""
    last = population.drop_duplicates(rule["unit"], keep="last")
    values = (
        zip(*(last[column].astype("string").fillna("") for column in rule.get("like", [])), strict=True)
        if rule.get("like")
        else [()] * len(last)
    )
    return dict(zip(last[rule["unit"]].itertuples(index=False, name=None), values, strict=True))


def _seen(population: pd.DataFrame, rule: dict) -> dict[int, set[tuple]]:
    """Return period → the units seen in it."""
    if "observed" not in rule:
        return {}
    units = list(population[rule["unit"]].itertuples(index=False, name=None))
    seen: dict[int, set[tuple]] = {}
    for unit, period in zip(units, population[rule["observed"]["time"]], strict=True):
        seen.setdefault(int(period), set()).add(unit)
    return seen


def _first_periods(table: pd.DataFrame, owners: list[tuple], rule: dict) -> dict[tuple, int]:
    """Return unit → the year of its first date; units without one are left out."""
    if "observed" not in rule:
        return {}
    years = pd.to_numeric(table[rule["observed"]["date"]].astype("string").str.slice(0, 4))
    first = years.groupby(pd.Series(owners, index=table.index)).min().dropna()
    return {owner: int(year) for owner, year in first.items()}


def _span(rule: dict) -> tuple[int, int]:
    start, end = rule["observed"]["span"]
    return start, end + 1
