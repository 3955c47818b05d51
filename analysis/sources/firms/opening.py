"""A file of a reader's folder → the tables in it: what kind of file it is, archives unpacked, each sheet for itself."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path, PurePosixPath

from analysis.core.errors import DataError, violation
from analysis.sources.firms.delimited import open_delimited
from analysis.sources.firms.facts import open_facts
from analysis.sources.firms.findings import FileLine
from analysis.sources.firms.grid import Grid
from analysis.sources.firms.sheets import open_workbook
from analysis.sources.firms.typed import open_typed

TEXT = (".csv", ".txt", ".tsv", ".tab", ".dat", ".asc")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
TYPED = (".parquet", ".pq", ".feather", ".arrow", ".dta", ".sav", ".zsav", ".por", ".sas7bdat", ".xpt")
PACKED: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress}
OLE, ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
PAGES = (b"<!doctype html", b"<html", b"<table", b"<?xml")
# Archives within archives.
DEEPEST = 2
ADVICE = {
    ".rds": "an R file: save the table as CSV or Parquet",
    ".rdata": "an R workspace: save the table as CSV or Parquet",
    ".rda": "an R workspace: save the table as CSV or Parquet",
    ".pkl": "a Python pickle: save the table as CSV or Parquet",
    ".mdb": "a database: export the table as CSV",
    ".accdb": "a database: export the table as CSV",
    ".sqlite": "a database: export the table as CSV",
    ".db": "a database: export the table as CSV",
    ".7z": "packed with 7-Zip: unpack it first",
    ".rar": "packed with RAR: unpack it first",
    ".tar": "a tar archive: unpack it first",
    ".tgz": "a tar archive: unpack it first",
    ".zst": "packed with zstd: unpack it first",
    ".pdf": "a PDF: export the table as CSV",
    ".docx": "a document: export its table as CSV",
    ".doc": "a document: export its table as CSV",
    ".htm": "a web page",
    ".html": "a web page",
    ".xml": "XML: export the table as CSV",
    ".md": "a page of text",
    ".jsonl": "JSON by lines: write one row per record as CSV or Parquet",
}


def tables_of(path: Path, label: str, tags: Collection[str]) -> Iterator[Grid | FileLine]:
    """Yield each table of a file, or the line that says why there is none; `label` is what messages call the file.

    `tags` are the tags of company facts that are read.
    """
    try:
        yield from _opened(path, label, path.suffix.lower(), None, tags, 0)
    except DataError as error:
        yield _unread(label, error, path)
    except Exception as error:  # whatever a reader library raises, the file is at fault
        yield _unread(label, DataError(violation(label, f"cannot be read ({' '.join(str(error).split())[:160]})")), path)


def _unread(label: str, error: Exception, path: Path) -> FileLine:
    return FileLine(label, why=str(error).removeprefix(label).lstrip(",: "), likely=path.suffix.lower() in (*WORKBOOKS, *TYPED, *TEXT))


def _opened(path: Path, name: str, suffix: str, data: bytes | None, tags: Collection[str], depth: int) -> Iterator[Grid | FileLine]:
    """Yield the tables of a file or, where `data` are its bytes, of a member of an archive."""
    if PurePosixPath(name).name.startswith("~$"):
        yield FileLine(name, why="the mark of a workbook that is open elsewhere; it holds no table")
    elif suffix == ".zip":
        yield from _members(path, name, data, tags, depth)
    elif suffix in PACKED:
        inner = PurePosixPath(name).with_suffix("")
        yield from _opened(
            path, str(inner) + suffix, inner.suffix.lower(), PACKED[suffix](data if data is not None else path.read_bytes()), tags, depth
        )
    elif suffix in TYPED:
        yield open_typed(data, name, path, suffix)
    elif suffix in (*TEXT, *WORKBOOKS, ".json"):
        yield from _bytes(path.read_bytes() if data is None else data, name, path, suffix, tags)
    else:
        yield FileLine(name, why=ADVICE.get(suffix, f"no kind of file that is read ({suffix or 'no suffix'})"))


def _bytes(data: bytes, name: str, path: Path, suffix: str, tags: Collection[str]) -> Iterator[Grid]:
    """Yield tables by what the first bytes say: exports call text and web pages .xls."""
    start = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not data.strip():
        raise DataError(violation(name, "is empty"))
    if start.startswith(PAGES):
        raise DataError(violation(name, "is a web page or XML, whatever its name says: save the table as CSV or .xlsx"))
    if suffix == ".json":
        yield open_facts(data, name, path, tags)
    elif data.startswith((OLE, ZIP)):
        yield from open_workbook(data, name, path, suffix)
    elif suffix in (".xlsx", ".xlsm", ".xlsb", ".ods"):
        raise DataError(violation(name, f"is no workbook, although its name ends in {suffix}"))
    else:
        yield open_delimited(data, name, path, suffix)


def _members(path: Path, name: str, data: bytes | None, tags: Collection[str], depth: int) -> Iterator[Grid | FileLine]:
    if depth >= DEEPEST:
        yield FileLine(name, why="an archive within archives: unpack it first")
        return
    try:
        with zipfile.ZipFile(path if data is None else io.BytesIO(data)) as packed:
            for info in packed.infolist():
                member = f"{name}/{_decoded_name(info)}"
                if info.is_dir() or "__MACOSX" in member:
                    continue
                try:
                    yield from _opened(
                        path / info.filename, member, PurePosixPath(member).suffix.lower(), packed.read(info), tags, depth + 1
                    )
                except Exception as error:  # one damaged member leaves the others
                    said = error if isinstance(error, DataError) else DataError(f"cannot be read ({' '.join(str(error).split())[:160]})")
                    yield _unread(member, said, Path(member))
    except zipfile.BadZipFile as error:
        raise DataError(violation(name, f"is a corrupt archive ({error})")) from error


def _decoded_name(info: zipfile.ZipInfo) -> str:
    """Return the name of a member; archives made in China write theirs in GBK without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return info.filename
