"""A Parquet file larger than memory → a small panel whose units stand for many (core.representatives), in one streaming pass."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd
import polars as pl

from analysis.core.errors import BadOption, DataError, violation
from analysis.core.estimates import NotIdentified
from analysis.core.representatives import LARGEST, MARK, STANDS_FOR
from analysis.core.specification import Specification
from analysis.sources.files.asked import Reading
from analysis.sources.files.stream_columns import check_columns, plain_of
from analysis.sources.files.unit_moments import Moments
from analysis.sources.files.whole_units import Stream, stream_of

# Combinations of treatment and controls, periods and cohorts beyond these are no discrete ones.
COMBINATIONS, DATES = 10_000, 1_000
# Outcomes that differ from their unit's mean by less than this share of the largest are rounding, which is told by their level, here lost.
FLAT = 1e-12


def representatives(path: Path, specification: Specification, asked: Reading = Reading()) -> pd.DataFrame:  # noqa: B008
    """Return a panel with the columns of outcome, unit, time, and cohort or treatment and controls, and STANDS_FOR.

    Unit-by-unit estimates from it are those from the file; its outcomes are deviations from the unit's mean, its units
    numbers. `attrs["notes"]` says what was left out, `attrs["largest"]` how large outcomes are. Raises DataError where a unit has two
    rows in one period or the file changes meanwhile, NotIdentified where its cohort changes or there are too many kinds of units,
    BadOption where a regressor is not discrete.
    """
    regressors = [name for name in (specification.treatment, *specification.controls) if name]
    columns = [specification.unit, specification.time, specification.outcome, *filter(None, [specification.cohort]), *regressors]
    before = _print(path)
    check_columns(path, specification, columns, [specification.outcome, *regressors], asked)
    stream = stream_of(path, columns, plain_of(specification, asked.missing))
    levels = Levels(stream, specification, regressors)
    moments = Moments(len(levels.periods))
    undated = 0
    for part in stream.parts():
        dated = part.filter(pl.col(specification.time).is_not_null())
        if len(part) > len(dated):
            undated += len(part) - len(dated)
            levels.check_undated(part)
        if len(dated):
            moments.add(*levels.tables_of(dated))
    if _print(path) != before:
        raise DataError(violation(str(path), "changed while it was read; start again when it is complete"))
    if not moments.kinds:
        raise DataError(violation(str(path), "has no row with a unit and a period"))
    frame = levels.panel_of(moments)
    if np.nanmax(np.abs(frame[specification.outcome]), initial=0.0) <= FLAT * levels.largest:
        message = f"{specification.outcome} does not vary within units but for rounding; take a constant off it, or estimate in memory"
        raise NotIdentified("SUPPORT", message)
    lost = [f"{n} rows without {name}" for n, name in ((stream.blank, specification.unit), (undated, specification.time)) if n]
    notes = tuple(f"left out: {text}" for text in lost)
    frame.attrs = {"file": str(path), MARK: True, "notes": notes, LARGEST: levels.largest}
    return frame


def _print(path: Path) -> tuple[int, int, int]:
    about = path.stat()
    return about.st_ino, about.st_size, about.st_mtime_ns


class Levels:
    """The periods, cohorts and combinations of regressors that a file has, and units as codes of them."""

    def __init__(self, stream: Stream, specification: Specification, regressors: list[str]) -> None:
        self.path, self.unit, self.time, self.outcome = str(stream.path), stream.unit, specification.time, specification.outcome
        self.cohort, self.regressors = specification.cohort, regressors
        self.largest = 0.0  # of the absolute outcomes met so far
        self.periods = _few(stream.distinct(self.time).drop_nulls(), "periods", DATES)
        self.cohorts = _few(stream.distinct(self.cohort), "cohorts", DATES) if self.cohort else None
        self.values = _few(stream.distinct(*regressors), "combinations of regressors", COMBINATIONS) if regressors else None

    def tables_of(self, part: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return codes (units, 1 + periods) and outcomes (units, periods) of the units of a part.

        The first code is the cohort's. Those of periods are 0 where a unit has no row, else one more than twice the number of the
        combination of its regressors, and one more again where it has an outcome.
        """
        unit = part[self.unit].rle_id().to_numpy()
        period = _place(part, self.periods, [self.time])
        outcome = part[self.outcome].cast(pl.Float64).to_numpy()
        if np.isinf(outcome).any():
            raise DataError(violation(self.path, "--outcome needs numbers, all finite", column=self.outcome, value="inf"))
        seen = ~np.isnan(outcome)
        self.largest = max(self.largest, float(np.abs(outcome[seen]).max(initial=0.0)))
        state = 1 + seen + (0 if self.values is None else 2 * _place(part, self.values, self.regressors))
        units = int(unit[-1]) + 1
        codes = np.zeros((units, 1 + len(self.periods)), dtype=np.int32)
        codes[unit, 1 + period] = state
        if np.count_nonzero(codes) != len(part):
            self._refuse_repeats(part)
        if self.cohorts is not None:
            cohort = _place(part, self.cohorts, [self.cohort])
            codes[unit, 0] = cohort
            if (wrong := codes[unit, 0] != cohort).any():
                self._refuse_cohorts(part[self.unit][int(np.argmax(wrong))])
        table = np.full((units, len(self.periods)), np.nan)
        table[unit, period] = np.where(seen, outcome, np.nan)
        return codes, table

    def check_undated(self, part: pl.DataFrame) -> None:
        """Refuse a unit whose cohort differs in a row that no estimate uses, for it has no period."""
        if self.cohort:
            undated = part.filter(pl.col(self.time).is_null()).select(self.unit)
            several = (
                part.join(undated, on=self.unit, how="semi").group_by(self.unit).agg(pl.col(self.cohort).n_unique().alias("‹several›"))
            )
            if len(wrong := several.filter(pl.col("‹several›") > 1)):
                self._refuse_cohorts(wrong[self.unit].min())

    def _refuse_cohorts(self, unit: object) -> NoReturn:
        raise NotIdentified("COHORT", f"unit {unit} has more than one value of {self.cohort}; the first treated period is one per unit")

    def _refuse_repeats(self, part: pl.DataFrame) -> None:
        name, period = part.filter(part.select(self.unit, self.time).is_duplicated()).select(self.unit, self.time).row(0)
        rule = "a unit has one row per period; remove or add up those that repeat a pair"
        raise DataError(violation(self.path, rule, column=f"{self.unit}, {self.time}", value=f"{name}, {period}"))

    def panel_of(self, moments: Moments) -> pd.DataFrame:
        """Return the panel of the representatives of every kind, kinds in the order of their codes."""
        tables, units = [], 0
        for key in sorted(moments.kinds):
            codes = np.frombuffer(key, dtype=np.int32)
            outcome, many = moments.kinds[key].representatives()
            present = np.flatnonzero(codes[1:])
            state = codes[1 + present] - 1
            few, rows = len(outcome), len(outcome) * len(present)
            value = np.where(state % 2 == 1, outcome[:, present], np.nan)
            table = {"unit": np.repeat(np.arange(units, units + few), len(present)), "period": np.tile(present, few)}
            table |= {"value": np.tile(state // 2, few), "cohort": np.full(rows, codes[0]), "outcome": value.ravel()}
            tables.append(table | {STANDS_FOR: np.full(rows, many)})
            units += few
        stacked = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
        frame = {self.unit: stacked["unit"], self.time: self.periods.to_series().to_pandas().to_numpy()[stacked["period"]]}
        for found, code in ((self.cohorts, stacked["cohort"]), (self.values, stacked["value"])):
            if found is not None:
                frame |= {name: found[name].to_pandas().to_numpy()[code] for name in found.columns}
        return pd.DataFrame(frame | {self.outcome: stacked["outcome"], STANDS_FOR: stacked[STANDS_FOR]})


def _few(distinct: pl.DataFrame, what: str, most: int) -> pl.DataFrame:
    if len(distinct) > most:
        message = f"{', '.join(distinct.columns)}: {len(distinct)} {what}; streaming sums up units by at most {most}; estimate in memory"
        raise BadOption(message, "streaming", len(distinct), (f"at most {most}",))
    return distinct


def _place(part: pl.DataFrame, levels: pl.DataFrame, columns: list[str]) -> np.ndarray:
    """Return which row of `levels` has the values of each row of `part` (rows,)."""
    numbered = levels.with_row_index("‹place›")
    return part.select(columns).join(numbered, on=columns, how="left", nulls_equal=True, maintain_order="left")["‹place›"].to_numpy()
