"""What the blocks of a sweep found, on disk: arrays and plain values in one file a block, whole or not there."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from analysis.core.atomic import atomic


def path_of(folder: Path, block: int) -> Path:
    return folder / "blocks" / f"{block:06d}.npz"


def save(folder: Path, block: int, arrays: dict[str, np.ndarray], plain: object = None) -> None:
    """Write what a block found: named `arrays` and a `plain` value that JSON can hold, its floats exactly."""
    with atomic(path_of(folder, block)) as temporary, temporary.open("wb") as stream:
        np.savez(stream, plain=np.array(json.dumps(plain, default=_number)), **arrays)  # type: ignore[arg-type]


def load(folder: Path, block: int) -> tuple[dict[str, np.ndarray], Any]:
    """Return the arrays and the plain value of a block."""
    with np.load(path_of(folder, block), allow_pickle=False) as found:
        return {name: found[name] for name in found.files if name != "plain"}, json.loads(str(found["plain"]))


def done(folder: Path, block: int) -> bool:
    """Return whether a block has its file, whole: one that a failing disk cut short is run again."""
    return path_of(folder, block).exists() and zipfile.is_zipfile(path_of(folder, block))


def _number(value: object) -> float | int | bool:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a block")
