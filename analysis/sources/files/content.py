"""What kind of file this is: the first bytes tell, the suffix only where they do not."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path

from analysis.core.errors import DataError, violation

TEXT, PARQUET, FEATHER, STATA, WORKBOOK = "text", "Parquet", "Feather", "Stata", "Excel"
SUFFIXES = {
    ".parquet": PARQUET,
    ".pq": PARQUET,
    ".feather": FEATHER,
    ".arrow": FEATHER,
    ".dta": STATA,
    ".xlsx": WORKBOOK,
    ".xlsm": WORKBOOK,
}
PACKED = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ\x00": lzma.decompress}
STARTS = {b"PAR1": PARQUET, b"ARROW1": FEATHER, b"FEA1": FEATHER, b"\xff\xff\xff\xff": FEATHER, b"<stata_dta>": STATA}
OLD_STATA = (0x69, 0x6C, 0x6E, 0x6F, 0x71, 0x72, 0x73)  # versions 105 to 115 begin with their number
# What cannot be read, and what to do: by first bytes, else by suffix.
FOREIGN_STARTS = {
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook (.xls) or one with a password: save it as .xlsx without one",
    b"$FL2": "is an SPSS file: save it as CSV, Stata or Parquet",
    b"$FL3": "is an SPSS file: save it as CSV, Stata or Parquet",
    b"RDX": "is an R workspace: save the table with write.csv or arrow::write_parquet",
    b"X\n\x00\x00\x00": "is an R file: save the table with write.csv or arrow::write_parquet",
    b"A\n": "is an R file: save the table with write.csv or arrow::write_parquet",
    b"\x28\xb5\x2f\xfd": "is packed with zstd: unpack it first",
    b"7z\xbc\xaf": "is packed with 7-Zip: unpack it first",
    b"%PDF": "is a PDF: export the table as CSV",
    b"SQLite format 3": "is a database: export the table as CSV",
    b"\x89HDF": "is an HDF5 file: export the table as CSV or Parquet",
}
FOREIGN_SUFFIXES = {
    ".json": "is JSON: write one row per record as CSV or Parquet",
    ".jsonl": "is JSON: write one row per record as CSV or Parquet",
    ".xls": "is an old Excel workbook (.xls): save it as .xlsx",
    ".xlsb": "is a binary Excel workbook: save it as .xlsx",
    ".ods": "is an OpenDocument sheet: save it as .xlsx or CSV",
    ".sav": "is an SPSS file: save it as CSV, Stata or Parquet",
    ".por": "is an SPSS file: save it as CSV, Stata or Parquet",
    ".sas7bdat": "is a SAS file: save it as CSV, Stata or Parquet",
    ".rds": "is an R file: save the table with write.csv or arrow::write_parquet",
    ".rdata": "is an R workspace: save the table with write.csv or arrow::write_parquet",
    ".rda": "is an R workspace: save the table with write.csv or arrow::write_parquet",
    ".pkl": "is a Python pickle: save the table with to_parquet or to_csv",
}
PAGES = (b"<!doctype html", b"<html", b"<table", b"<?xml")


def content_of(path: Path) -> tuple[str, bytes]:
    """Return the kind of file and, of text alone, its bytes, unpacked; raise DataError with what to do where it cannot be read."""
    if path.is_dir():
        raise DataError(violation(path, "is a folder; name a file"))
    if path.is_fifo() or path.is_char_device():
        raise DataError(violation(path, "is a pipe or a device: save the table to a file, and name that"))
    if not path.is_file():
        raise DataError(violation(path, "no such file"))
    with path.open("rb") as file:
        start = file.read(64)
    if not start:
        raise DataError(violation(path, "is empty"))
    kind = _kind(start, path.suffix.lower(), path)
    if kind != TEXT:
        return kind, b""
    data = path.read_bytes()
    text = _unpacked(data, path)
    if text is not data and _kind(text[:64], Path(path.stem).suffix.lower(), path) != TEXT:
        raise DataError(violation(path, "holds a packed table that is no text: unpack it first"))
    return TEXT, text


def _kind(start: bytes, suffix: str, path: Path) -> str:
    for beginning, kind in STARTS.items():
        if start.startswith(beginning):
            return kind
    if start.startswith(b"PK\x03\x04") and _is_workbook(path):
        return WORKBOOK
    if suffix == ".dta" and start[:1] and start[0] in OLD_STATA:
        return STATA
    for beginning, rule in FOREIGN_STARTS.items():
        # Two bytes alone may begin a text as well.
        if start.startswith(beginning) and (len(beginning) > 2 or suffix in FOREIGN_SUFFIXES):
            raise DataError(violation(path, rule))
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(PAGES):
        raise DataError(violation(path, "is a web page or XML, whatever its name says: save the table as CSV or .xlsx"))
    if suffix in SUFFIXES:
        raise DataError(violation(path, f"is not a {SUFFIXES[suffix]} file, whatever its name says"))
    # Text under the name .xls is what many systems call an export to Excel.
    if suffix in FOREIGN_SUFFIXES and suffix != ".xls" and not start.startswith(tuple(PACKED)):
        raise DataError(violation(path, FOREIGN_SUFFIXES[suffix]))
    return TEXT


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as packed:
            return any(name.startswith("xl/workbook.") for name in packed.namelist())
    except zipfile.BadZipFile as error:
        raise DataError(violation(path, "is corrupt: it begins as a packed file and cannot be unpacked")) from error


def _unpacked(data: bytes, path: Path) -> bytes:
    try:
        for beginning, unpack in PACKED.items():
            if data.startswith(beginning):
                return unpack(data)
        if data.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                names = [name for name in packed.namelist() if not name.endswith("/") and not name.startswith("__MACOSX")]
                if len(names) != 1:
                    raise DataError(violation(path, f"holds {len(names)} files: unpack it and name one"))
                return packed.read(names[0])
    except (OSError, EOFError, ValueError, lzma.LZMAError, zipfile.BadZipFile, RuntimeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(violation(path, f"cannot be unpacked ({' '.join(str(error).split())})")) from error
    return data
