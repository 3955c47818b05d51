"""Text cells → names, exactly as written: '01', '1' and '001' are three, 'NA' and 'None' are names."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Characters of no width, or that turn the direction of others.
UNSEEN = "[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"


@dataclass
class Names:
    """An object array of str, None where missing; how many cells were blank; what else counted as missing, and how often."""

    values: np.ndarray
    blank: int
    markers: dict[str, int]
    notes: list[str] = field(default_factory=list)


def set_aside(text: pa.ChunkedArray, markers: tuple[str, ...]) -> tuple[pa.ChunkedArray, int, dict[str, int]]:
    """Return trimmed `text` with blanks and `markers` null, the number of blanks, and the markers found with their numbers."""
    trimmed = pc.utf8_trim_whitespace(text)
    empty = pc.equal(trimmed, "")
    blank = text.null_count + (pc.sum(empty).as_py() or 0)
    marked = pc.is_in(trimmed, pa.array(markers, pa.string())) if markers else None
    found = {}
    if marked is not None and pc.any(marked).as_py():
        counts = pc.value_counts(trimmed.filter(marked))
        found = {one["values"]: one["counts"] for one in counts.to_pylist()}
        empty = pc.or_(empty, marked)
    if blank > text.null_count or found:
        trimmed = pc.if_else(empty, pa.scalar(None, trimmed.type), trimmed)
    return trimmed, blank, found


def names_of(text: pa.ChunkedArray, missing: tuple[str, ...]) -> Names:
    """Return the cells as written, blank ones and those that `missing` lists as None."""
    trimmed, blank, markers = set_aside(text, missing)
    if trimmed.null_count > text.null_count:
        text = pc.if_else(pc.is_null(trimmed), pa.scalar(None, text.type), text)
    notes = []
    distinct = pc.unique(text).drop_null()
    if len(distinct) > len(pc.unique(pc.utf8_trim_whitespace(distinct))):
        notes.append("some names differ only by spaces around them; they are kept apart")
    if not pc.all(pc.string_is_ascii(distinct)).as_py() and len(distinct) > len(_shown(distinct)):
        notes.append("some names look alike and are written otherwise (accents in two ways, or unseen characters); they are kept apart")
    return Names(text.to_pandas().to_numpy(dtype=object), blank, markers, notes)


def _shown(names: pa.ChunkedArray) -> pa.Array:
    """Return the distinct names as they look: accents written in one way, without characters of no width."""
    return pc.unique(pc.replace_substring_regex(pc.utf8_normalize(names, form="NFC"), UNSEEN, ""))
