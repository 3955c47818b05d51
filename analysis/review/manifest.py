"""What a run was: inputs, code, environment, seeds, jobs and results, in logs/manifest.json; and two runs compared by theirs alone."""

from __future__ import annotations

import ctypes
import hashlib
import json
import math
import os
import platform
import re
import sys
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from analysis.core.atomic import atomic
from analysis.core.checked_yaml import read_yaml
from analysis.core.errors import DataError
from analysis.core.paths import FINGERPRINTS
from analysis.core.version import version
from analysis.review.runtime import jobs
from bootstrap import REPEATABLE

MANIFEST = "logs/manifest.json"
CODE = (
    "analysis/**/*.py",
    "config/**/*.yaml",
    "workflow/**/*",
    "paper/*.typ",
    "paper/*.yaml",
    "paper/*.bib",
    "Snakefile",
    "*.py",
    "*.lock",
)
RAW = "data/raw/**/*"
SHA256 = re.compile("[0-9a-f]{64}")
SEED = re.compile(r"^seed: (\d+)", re.MULTILINE)
# Each build of OpenBLAS names its functions its own way; the libraries of NumPy and SciPy bring one each.
KERNEL_NAMES = ("scipy_openblas_get_corename64_", "scipy_openblas_get_corename", "openblas_get_corename")


@dataclass(frozen=True)
class Compared:
    """Two runs by their manifests: results that differ or one lacks, and what else differs (part, what, first, second)."""

    equal: int
    differ: list[tuple[str, str]] = field(default_factory=list)
    causes: list[tuple[str, str, str, str]] = field(default_factory=list)


def write(root: Path) -> Path:
    """Write the manifest of the run that has just ended in the checkout `root`; return its path."""
    path = root / MANIFEST
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(_manifest(root), indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _manifest(root: Path) -> dict:
    rules = read_yaml(root / "config/verification.yaml", "verification")["verification"]
    patterns = [*rules["tables"], *rules["numbers"], *rules["texts"], *rules["overviews"], rules["page"], *rules["pictures"]]
    return {
        "inputs": _hashes(root, [RAW]) | _external(root),
        "code": _hashes(root, CODE),
        "environment": environment(),
        "seeds": _seeds(root),
        "jobs": {
            f"{job.stage} {job.name}".strip(): {"seconds": _said(job.seconds), "cpu": _said(job.cpu), "MB": _said(job.memory)}
            for job in jobs(root / "logs")
        },
        "results": _hashes(root, patterns),
    }


def _hashes(root: Path, patterns: list[str] | tuple[str, ...]) -> dict[str, str]:
    """Return SHA-256 by path of the files that match; hidden files and compiled programs are none of them."""
    found = {path for pattern in patterns for path in root.glob(pattern) if path.is_file() and path.suffix != ".pyc"}
    shown = {path.relative_to(root).as_posix(): path for path in found if not path.name.startswith(".")}
    return {name: hashlib.sha256(shown[name].read_bytes()).hexdigest() for name in sorted(shown)}


def _external(root: Path) -> dict[str, str]:
    """Return SHA-256 by path of the raw files outside the repository, as the run itself took them; none if it traced no number."""
    path = root / FINGERPRINTS
    if not path.exists():
        return {}
    files = [file for listed in json.loads(path.read_text(encoding="utf-8")).values() for file in listed]
    return {file["path"]: file["sha256"] for file in files if not file["path"].startswith("data/raw/")}


def _seeds(root: Path) -> dict[str, str]:
    """Return the study's seed, from which and from its name every job draws its own, and what else chance may rest on."""
    seed = SEED.search((root / "config/study.yaml").read_text(encoding="utf-8"))
    return {"study": seed[1] if seed else "", "blind": os.environ.get("IPS_BLIND", "")}


def _said(number: float) -> float | None:
    return None if math.isnan(number) else number


def environment() -> dict[str, str]:
    """Return interpreter, system, processor, what NumPy uses of it, and the kernel of every OpenBLAS that NumPy and SciPy bring."""
    import scipy.linalg  # noqa: F401  (loads its OpenBLAS)

    compiled = import_module("numpy._core._multiarray_umath")

    variables = {name: os.environ.get(name, value) for name, value in REPEATABLE.items()}
    return variables | {
        "version": version(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {' '.join(platform.libc_ver())}".strip(", "),
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "instructions of NumPy": " ".join(name for name in compiled.__cpu_dispatch__ if compiled.__cpu_features__.get(name)),
        **{f"kernel of {name}": kernel for name, kernel in kernels().items()},
    }


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    match = re.search(r"^model name\s*: (.+)$", about.read_text(), re.MULTILINE) if about.exists() else None
    return match[1] if match else platform.processor()


def kernels() -> dict[str, str]:
    """Return library → the OpenBLAS kernel that it chose for this processor (or that OPENBLAS_CORETYPE chose); Linux only."""
    maps = Path("/proc/self/maps")
    if sys.platform != "linux" or not maps.exists():
        return {}
    loaded = sorted({line.split(maxsplit=5)[-1] for line in maps.read_text().splitlines() if "openblas" in line})
    return {Path(path).parent.name.removesuffix(".libs"): kernel for path in loaded if (kernel := _kernel(path))}


def _kernel(path: str) -> str:
    library = ctypes.CDLL(path)
    for name in KERNEL_NAMES:
        if hasattr(library, name):
            function = getattr(library, name)
            function.restype = ctypes.c_char_p
            return str(function().decode())
    return ""


def compare(first: Path, second: Path) -> Compared:
    """Return how two runs differ by their manifests (or the folders that hold one); raise DataError where one is none."""
    before, after = read(first), read(second)
    results = sorted(before["results"].keys() | after["results"].keys())
    states = [(_state(before["results"].get(path), after["results"].get(path)), path) for path in results]
    differ = [(state, path) for state, path in states if state]
    causes = [
        (part, what, before[part].get(what, "none"), after[part].get(what, "none"))
        for part in ("inputs", "code", "environment", "seeds")
        for what in sorted(before[part].keys() | after[part].keys())
        if before[part].get(what) != after[part].get(what)
    ]
    return Compared(len(results) - len(differ), differ, causes)


def _state(first: str | None, second: str | None) -> str:
    if first == second:
        return ""
    return "missing" if second is None else "extra" if first is None else "differs"


def read(path: Path) -> dict:
    """Return a manifest; `path` is the file or the checkout that was run. Raises DataError where there is none."""
    file = path / MANIFEST if path.is_dir() else path
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{file}: no manifest is there; a run writes it when it ends") from None
    except ValueError as error:
        raise DataError(f"{file}: is no manifest ({error})") from error
    parts = ("inputs", "code", "environment", "seeds", "jobs", "results")
    if not isinstance(found, dict) or any(not isinstance(found.get(part), dict) for part in parts):
        raise DataError(f"{file}: is no manifest (it must hold {', '.join(parts)})")
    for part in ("inputs", "code", "results"):
        for path, digest in found[part].items():
            if not (isinstance(digest, str) and SHA256.fullmatch(digest)):
                raise DataError(f"{file}: {part}, {path}: {str(digest)[:80]} is no SHA-256; a run writes none but those")
    for part in ("environment", "seeds"):
        for name, said in found[part].items():
            if not isinstance(said, str):
                raise DataError(f"{file}: {part}, {name}: {str(said)[:80]} is no text; a run writes none but those")
    if not found["results"]:
        raise DataError(f"{file}: lists no results, so that nothing can be compared")
    return found
