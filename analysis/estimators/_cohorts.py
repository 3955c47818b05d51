"""First treated periods, however they are given, and the panel as cohort estimators want it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified, refused
from analysis.core.representatives import column_in, rows_in, units_in
from analysis.core.specification import Specification
from analysis.estimators._left_out import base_notes, joined, without
from analysis.estimators._regression import complete_rows
from analysis.inference.standard_units import varies

UNDATED = "whose treatment begins in a gap, at an unknown date"


def cohort_of(data: pd.DataFrame, specification: Specification, panel: pd.DataFrame) -> np.ndarray:
    """Return the first treated period of each row's unit (rows,), infinite for never, NaN where its date is unknown.

    From the column `cohort` (0 or missing = never; the entrance holds it to be one per unit), or from a 0/1 `treatment` that
    stays on: its date is that of every row of `panel` that shows it, also of one without an outcome, and unknown unless
    the unit is seen untreated in the last observed period before. Units treated no later than the first period of `data` are
    treated throughout, whatever the date. Raises NotIdentified where the treatment is no such one.
    """
    if specification.cohort:
        cohort = data[specification.cohort].to_numpy(float)
        return np.where(cohort > 0, cohort, np.inf)
    unit, time = specification.unit, specification.time
    keys = [unit, time, specification.treatment]
    first, undated = _first_treated(complete_rows(panel[keys], keys), specification)
    unknown = undated & (first > data[time].min())
    return first.mask(unknown).reindex(data[unit].to_numpy()).to_numpy(float)


def _first_treated(data: pd.DataFrame, specification: Specification) -> tuple[pd.Series, pd.Series]:
    """Return by unit the first period in which it is seen treated (infinite for none), and whether it began in a gap before."""
    unit, time = specification.unit, specification.time
    treatment = data[specification.treatment].to_numpy(float)
    if not np.isin(treatment, [0, 1]).all():
        raise NotIdentified("DOSE", f"{specification.treatment} is not 0/1; cohorts need a treatment that is on or off")
    ordered = data.assign(_on=treatment).sort_values([unit, time], kind="stable")
    drops = ordered.groupby(unit, sort=False)["_on"].diff() < 0
    if drops.any():
        row = ordered.index[drops][0]
        name, period = ordered.at[row, unit], int(ordered.at[row, time])
        raise NotIdentified("SWITCH", f"treatment switches off in unit {name}, period ‹@{period}›; cohorts need one that stays on")
    wave = pd.Series(pd.factorize(data[time], sort=True)[0], index=data.index)
    on, off = (wave.where(treatment == value).groupby(data[unit]) for value in (1, 0))
    begun, before = on.min(), off.max()
    first = data[time].where(treatment == 1).groupby(data[unit]).min().astype(float).fillna(np.inf)
    return first, begun.notna() & (before.fillna(-1) != begun - 1)


def cohort_panel(panel: pd.DataFrame, specification: Specification, *more: str, keep_always: bool = False) -> pd.DataFrame:
    """Return complete rows with columns unit, time, outcome, cohort (0 = never within the window), controls and `more`.

    The standard names keep libraries and formulas simple. Cohorts after the last period count as never treated. Units
    treated from the first period on have no untreated period and are left out, unless the method compares with them
    (`keep_always`); `attrs["left_out"]` says how many rows and units, `attrs["always_treated"]` which cohorts.
    Raises NotIdentified when no unit is first treated inside the window.
    """
    names = [specification.unit, specification.time, specification.outcome, specification.treatment, *specification.controls]
    kept = [*names, *specification.cluster, specification.weights, *more, *column_in(panel)]
    columns = list(dict.fromkeys(filter(None, kept)))
    if specification.cohort:
        panel = panel.assign(**{specification.cohort: panel[specification.cohort].fillna(0.0)})
        data = complete_rows(panel[[*columns, specification.cohort]], [*columns, specification.cohort])
    else:
        data = complete_rows(panel[columns], columns)
    cohort = cohort_of(data, specification, panel)
    last, first = data[specification.time].max(), data[specification.time].min()
    blank = without(panel, [name for name in columns if name not in more], more)
    data, cohort, undated = without_undated(data, cohort, specification)
    blank = joined(blank, undated)
    cohort = np.where(cohort > last, 0, cohort)
    if not ((cohort > first) & (cohort > 0)).any():
        raise NotIdentified("SUPPORT", f"no unit is first treated inside the observed periods{undated and f'; without {undated}'}")
    always = (cohort > 0) & (cohort <= first)
    said: dict = {"left_out": blank} if blank else {}
    if always.any() and not keep_always:
        rows, units = rows_in(data[always]), units_in(data[always], specification.unit)
        said["left_out"] = joined(blank, f"{rows} rows of {units} units treated from the first period on")
        said["always_treated"] = [int(g) for g in np.unique(cohort[always])]
        data, cohort = data[~always].reset_index(drop=True), cohort[~always]
    if not varies(data[[specification.outcome]].to_numpy(float))[0]:
        raise NotIdentified("SUPPORT", f"the outcome does not vary{' in what is left' if said else ''}")
    result = pd.DataFrame(
        {
            "unit": unit_codes(data[specification.unit]),
            "_name": data[specification.unit].to_numpy(),
            "time": data[specification.time].to_numpy(),
            "outcome": data[specification.outcome].to_numpy(float),
            "cohort": cohort.astype(np.int64),
        }
    )
    for name in dict.fromkeys(
        [*specification.controls, *specification.cluster, *filter(None, [specification.weights, *more, *column_in(data)])]
    ):
        result[name] = data[name].to_numpy()
    result.attrs |= said
    return result


def without_undated(data: pd.DataFrame, cohort: np.ndarray, specification: Specification) -> tuple[pd.DataFrame, np.ndarray, str]:
    """Return the rows whose `cohort` (rows,) is known, these cohorts, and in words how many rows and units are not."""
    unknown = np.isnan(cohort)
    if not unknown.any():
        return data, cohort, ""
    units = units_in(data[unknown], specification.unit)
    said = f"{rows_in(data[unknown])} rows of {units} unit{'s' * (units > 1)} {UNDATED}"
    return data[~unknown].reset_index(drop=True), cohort[~unknown], said


def cohort_rows(panel: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Return `cohort_panel` of repeated cross-sections: every row is a unit of its own.

    A unit that is named all the same, because some are seen more than once, is kept by code in column `seen_again`.
    """
    if specification.unit:
        data = cohort_panel(panel, specification)
        data["seen_again"] = data["unit"]
        data["unit"] = data["_name"] = np.arange(len(data))
        return data
    return cohort_panel(panel.assign(_row=np.arange(len(panel))), replace(specification, unit="_row"))


def unit_codes(units: pd.Series) -> np.ndarray:
    """Return codes in the order of names, so that what is random does not depend on the order of rows."""
    try:
        return pd.factorize(units, sort=True)[0]
    except TypeError:  # names of mixed kinds
        return pd.factorize(units.astype(str), sort=True)[0]


def unit_names(data: pd.DataFrame) -> list:
    """Return the name of each unit code of a panel from cohort_panel, in the order of codes."""
    return list(data.drop_duplicates("unit").set_index("unit")["_name"].sort_index())


@dataclass(frozen=True)
class Bases:
    """By cohort first treated inside the window: the period that its changes are taken from, `used`, and the one that was `wanted`.

    `none` are the cohorts that are seen in no period as early as that.
    """

    used: dict[int, int]
    wanted: dict[int, int]
    none: list[int]

    @property
    def moved(self) -> list[tuple[int, int, int]]:
        """Return cohort, wanted and used base period wherever the two differ."""
        return [(g, self.wanted[g], base) for g, base in self.used.items() if base != self.wanted[g]]

    def refused(self) -> list[dict]:
        """Return the row that says why a cohort without a base has no effects, for each."""
        return [refused("att_gt", "SUPPORT", f"cohort ‹@{g}› has no observed base period") | {"cohort": g} for g in self.none]

    def notes(self) -> list[str]:
        """Return what averages over cohorts say of bases that moved and cohorts that have none."""
        return base_notes(self.moved) + [f"cohort ‹@{g}›, without an observed base period" for g in self.none]


def bases_of(data: pd.DataFrame, reference: int = -1) -> Bases:
    """Return the last period in which a unit of each cohort is observed, no later than `reference` (periods since treatment) says."""
    treated = data[data["cohort"] > data["time"].min()]
    wanted = {int(g): int(g) + reference for g in np.unique(treated["cohort"])}
    early = treated[treated["time"] <= treated["cohort"] + reference]
    used = {int(g): int(t) for g, t in early.groupby("cohort")["time"].max().items()}
    return Bases(used, wanted, [g for g in wanted if g not in used])


def with_their_base(data: pd.DataFrame, reference: int = -1) -> pd.DataFrame:
    """Return the rows but those of cohorts that are not observed `reference` periods from treatment, which `left_out` names."""
    return with_common_bases([data], reference)[0]


def with_common_bases(tables: list[pd.DataFrame], reference: int = -1) -> list[pd.DataFrame]:
    """Return panels of several outcomes without the units of any cohort that is not observed, in one of them, `reference` periods
    from treatment, so that every outcome is of the same cohorts; `left_out` names them.

    Raises NotIdentified where a panel has no cohort left.
    """
    moved = {g: wanted for data in tables for g, wanted, _ in bases_of(data, reference).moved}
    if not moved:
        return tables
    units = {name for data in tables for name in data.loc[data["cohort"].isin(moved), "_name"]}
    said = [f"cohort ‹@{g}›, not observed in period ‹@{moved[g]}›" for g in sorted(moved)]
    return [_with_some_treated(without_rows(data, data["_name"].isin(units)), said) for data in tables]


def _with_some_treated(data: pd.DataFrame, said: list[str]) -> pd.DataFrame:
    if not (data["cohort"] > 0).any():
        raise NotIdentified("SUPPORT", "no cohort is observed in the period before its treatment")
    data.attrs = {**data.attrs, "left_out": joined(data.attrs.get("left_out", ""), said)}
    return data


def without_rows(data: pd.DataFrame, some: pd.Series) -> pd.DataFrame:
    """Return the rows that are not `some`, units numbered anew."""
    data = data[~some].reset_index(drop=True)
    data["unit"] = pd.factorize(data["unit"], sort=True)[0]
    return data


def counts_of(data: pd.DataFrame, **more: Any) -> dict:
    """Return n_obs, n_units, n_treated (first treated inside the window), and clusters where they are the units."""
    treated = units_in(data.loc[data["cohort"] > data["time"].min(), ["unit", *column_in(data)]], "unit")
    units = units_in(data, "unit")
    return {
        "n_obs": rows_in(data),
        "n_units": units,
        "n_treated": treated,
        "n_clusters": units,
        "n_treated_clusters": treated,
        **more,
    }


def strata_of(data: pd.DataFrame, column: str) -> np.ndarray | None:
    """Return codes of the stratum of each unit code of a panel from cohort_panel (units,); None without a column.

    Raises NotIdentified where a unit changes its stratum.
    """
    if not column:
        return None
    per_unit = data.groupby("unit")[column].agg(["nunique", "first"])
    if (per_unit["nunique"] > 1).any():
        unit = data.loc[data["unit"] == per_unit.index[per_unit["nunique"] > 1][0], "_name"].iloc[0]
        raise NotIdentified("STRATA", f"unit {unit} changes its stratum ({column}): labels are permuted among units of one stratum")
    return unit_codes(per_unit["first"])


def strata_over(tables: Iterable[pd.DataFrame], units: pd.Index, column: str) -> np.ndarray | None:
    """Return codes of the stratum of each of `units` (units,), named as in the tables of several outcomes; None without a column."""
    if not column:
        return None
    every = pd.concat([table[["_name", column]] for table in tables]).drop_duplicates()
    return strata_of(every.assign(unit=units.get_indexer(every["_name"])), column)


def need_never(data: pd.DataFrame, remedy: str = "") -> None:
    """Raise NotIdentified where every unit is treated at some time; `remedy` ends the message."""
    if not (data["cohort"] == 0).any():
        raise NotIdentified("SUPPORT", f"no unit is untreated throughout the observed periods{remedy}")


def need_balance(data: pd.DataFrame, rule: str) -> None:
    """Raise NotIdentified for a panel from cohort_panel with holes, naming the first; `rule` begins the message."""
    units, periods = np.unique(data["unit"]), np.unique(data["time"])
    if (holes := len(units) * len(periods) - len(data)) == 0:
        return
    seen = np.zeros((len(units), len(periods)), bool)
    seen[np.searchsorted(units, data["unit"]), np.searchsorted(periods, data["time"])] = True
    unit, period = np.argwhere(~seen)[0]
    name = data["_name"].to_numpy()[np.argmax(data["unit"].to_numpy() == units[unit])]
    others = f"; {holes - 1} other unit-periods are missing too" if holes > 1 else ""
    lost = f" (left out: {data.attrs['left_out']})" if "left_out" in data.attrs else ""
    where = f"unit {name} has no complete row in period ‹@{int(periods[period])}›"
    raise NotIdentified("BALANCE", f"{rule}: {where}{others}{lost}")
