"""Files that know their types: Parquet and Feather (Arrow)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from analysis.sources.files.lines import Lines
from analysis.sources.files.source import Source

# Integers and truth values with holes, which numpy's own types would turn into floats: 17-digit ids would be rounded.
NULLABLE = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}
# The name that pandas gives to an index without one.
INDEX = "__index_level_"


def open_parquet(path: Path) -> Source:
    """Return a Parquet file as a Source; only the columns taken are read."""
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    schema = file.schema_arrow
    # Arrow cannot choose among columns whose names repeat. Its own threads now and then abort a short program that ends
    # while they still stop.
    unique = len(set(schema.names)) == len(schema.names)
    return _source("Parquet", schema, lambda columns: file.read(columns=columns if unique else None, use_threads=False))


def open_feather(path: Path) -> Source:
    """Return a Feather or Arrow file as a Source."""
    from pyarrow import feather, ipc

    try:
        table = feather.read_table(path, memory_map=False, use_threads=False)
    except pa.ArrowInvalid:  # a stream of batches, not a file of them
        with path.open("rb") as file:
            table = ipc.open_stream(file).read_all()
    return _source("Feather", table.schema, lambda _: table)


def _source(kind: str, schema: pa.Schema, read: Callable[[list[str]], pa.Table]) -> Source:
    header = ["" if name.startswith(INDEX) else name for name in schema.names]

    def take(positions: list[int], names: set[int]) -> tuple[list[pd.Series], Lines]:
        chosen = [schema.names[position] for position in positions]
        table = read(chosen)
        return [_series(table.column(table.schema.names.index(name))) for name in chosen], Lines.following(2, table.num_rows)

    return Source(header=header, take=take, facts={"format": kind}, attrs=attrs_of(schema))


def _series(column: pa.ChunkedArray) -> pd.Series:
    """Return plain values: no categories, and integers with holes as integers."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_null(column.type):
        column = column.cast(pa.float64())
    holes = NULLABLE if column.null_count else {}
    return pa.table({"values": column}).to_pandas(types_mapper=holes.get, ignore_metadata=True)["values"]


def attrs_of(schema: pa.Schema) -> dict:
    """Return the mark that travels with a table written by pandas: its evidence grade. Other marks mean something here that no file may say."""
    try:
        found = json.loads((schema.metadata or {}).get(b"PANDAS_ATTRS", b"{}"))
    except ValueError:
        return {}
    return {"evidence": found["evidence"]} if isinstance(found, dict) and isinstance(found.get("evidence"), str) else {}
