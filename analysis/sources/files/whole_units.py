"""A Parquet file of any size in parts that hold every row of their units, so that units can be summed up a part at a time.

Polars reads the columns asked for as a stream. A file whose rows are sorted by unit is cut between units, in one pass; of any
other the units are dealt into as many parts as fit into memory by a hash of their names, with a pass for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from pyarrow import parquet

from analysis.core.columns import EXACT
from analysis.core.errors import DataError, violation
from analysis.sources.files.typed import attrs_of

ROWS_OF_A_BATCH = 500_000
# A part's table of units x periods, and what is made of it, take about a tenth of a GiB for a million rows.
ROWS_OF_A_PART = 4_000_000


# Name and type of a column → the column with its missing values null.
Plain = Callable[[str, pl.DataType], pl.Expr]


@dataclass(frozen=True)
class Stream:
    """A file to be read in parts: the columns asked for, `unit` first. `rows` counts those with a unit, `blank` those without.

    `plain` says which values of a column are missing.
    """

    path: Path
    columns: tuple[str, ...]
    rows: int
    blank: int
    is_sorted: bool
    plain: Plain

    @property
    def unit(self) -> str:
        return self.columns[0]

    def distinct(self, *columns: str) -> pl.DataFrame:
        """Return the distinct rows of some columns, sorted."""
        return _scan(self.path, columns, self.plain).unique().collect(engine="streaming").sort(columns, nulls_last=True)

    def parts(self) -> Iterator[pl.DataFrame]:
        """Yield the rows that have a unit in parts, each with every row of its units, rows of a unit together."""
        scan = _scan(self.path, self.columns, self.plain).filter(pl.col(self.unit).is_not_null())
        if self.is_sorted:
            yield from _between_units(scan, self.unit)
            return
        parts = -(-self.rows // ROWS_OF_A_PART)
        for part in range(parts):
            dealt = scan.filter(pl.col(self.unit).hash() % parts == part).collect(engine="streaming")
            if len(dealt):
                yield dealt.sort(self.unit)


def evidence_of(path: Path) -> str:
    """Return the grade of the data of a Parquet file where it says it, in a column `evidence` or in what pandas wrote beside the columns."""
    marked = attrs_of(parquet.ParquetFile(path).schema_arrow).get("evidence", "real")
    if marked == "real" and "evidence" in types_of(path):
        column = pl.scan_parquet(path, glob=False).select(pl.col("evidence").cast(pl.String))
        found = column.unique().collect(engine="streaming").to_series().drop_nulls()
        marked = "simulated" if "simulated" in {one.lower() for one in found} else "real"
    return marked


def types_of(path: Path) -> pl.Schema:
    """Return the types of the columns of a Parquet file."""
    return pl.scan_parquet(path, glob=False).collect_schema()


def stream_of(path: Path, columns: list[str], plain: Plain) -> Stream:
    """Return the Stream of some columns of a Parquet file, the unit's first; raise DataError where floats may have merged units."""
    ascending, blank, last = True, 0, None
    most, digits = EXACT.get(str(types_of(path)[columns[0]]).lower(), (np.inf, 0))
    for batch in _scan(path, columns[:1], plain).collect_batches(chunk_size=ROWS_OF_A_BATCH, maintain_order=True, engine="streaming"):
        names = batch.to_series()
        blank += names.null_count()
        names = names.drop_nulls()
        if digits and (large := names.filter(names.abs() > most)).len():
            rule = f"numbers of {digits} and more digits were kept as floats and can have merged; store the column as text"
            raise DataError(violation(str(path), rule, column=columns[0], value=f"{large[0]:.0f}"))
        if ascending and len(names):
            ascending = names.is_sorted() and (last is None or last <= names[0])
            last = names[-1]
    rows = parquet.ParquetFile(path).metadata.num_rows
    return Stream(path, tuple(columns), rows - blank, blank, ascending, plain)


def _scan(path: Path, columns: list[str] | tuple[str, ...], plain: Plain) -> pl.LazyFrame:
    # The path is a file's own name, whatever signs it has, and no pattern.
    scan = pl.scan_parquet(path, glob=False)
    types, names = scan.collect_schema(), list(dict.fromkeys(columns))
    return scan.select(plain(name, types[name]) for name in names)


def _between_units(scan: pl.LazyFrame, unit: str) -> Iterator[pl.DataFrame]:
    """Yield parts of a sorted stream; a part ends before the first row of the unit in which a batch ends."""
    kept: list[pl.DataFrame] = []
    for batch in scan.collect_batches(chunk_size=ROWS_OF_A_BATCH, maintain_order=True, engine="streaming"):
        if not len(batch):
            continue
        # Everything before the last unit of the batch is whole, and so is what was kept if another unit follows.
        whole = batch[unit].search_sorted(batch[unit][-1], side="left")
        if whole == 0 and (not kept or kept[-1][unit][-1] == batch[unit][0]):
            kept.append(batch)
            continue
        yield pl.concat([*kept, batch[:whole]])
        kept = [batch[whole:]]
    if kept:
        yield pl.concat(kept)
