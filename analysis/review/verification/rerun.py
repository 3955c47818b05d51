"""The whole study once more, from raw data, in a copy that holds no result."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from analysis.core.catalogue import ROOT
from analysis.core.paths import FIGURES, PROCESSED, TABLES
from analysis.core.rawfiles import external_folder
from bootstrap import REPEATABLE

# Where archived and intermediate results lie; a copy without them must make them anew.
RESULTS = (FIGURES, TABLES)
RESULT_FILES = (
    "paper/paper.pdf", "paper/supplement.pdf", "paper/numbers.json", "paper/dossier.html", "paper/codebook.md", "paper/validation.pdf", "paper/validation_numbers.json",
)  # fmt: skip
TARGETS = ("study", "validation")
NOT_COPIED = (".git", ".venv", ".snakemake", "logs", "deposit", "blind")


class RerunFailed(RuntimeError):
    """The rerun stopped; the message says where to look."""


def source_paths() -> list[str]:
    """Return the files of the checkout that are no results: those under version control where there is any, and firm files."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        paths = [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]
    else:
        paths = [
            path.relative_to(ROOT).as_posix()
            for path in ROOT.rglob("*")
            if path.is_file() and path.relative_to(ROOT).parts[0] not in NOT_COPIED and "__pycache__" not in path.parts
        ]
    # A reader's own files are kept out of version control, but they are raw data of this checkout.
    folders = ("firms", "scoreboard", "cities", "accounts_securitizers")
    own = [path.relative_to(ROOT).as_posix() for folder in folders for path in (ROOT / "data/raw" / folder).rglob("*")]
    paths += [path for path in own if (ROOT / path).is_file()]
    return sorted({path for path in paths if not _is_result(path)})


def _is_result(path: str) -> bool:
    if path in RESULT_FILES or any(path.startswith(f"{folder}/") for folder in RESULTS):
        return True
    return path.startswith(f"{PROCESSED}/") and not path.endswith("README.md")


def copy_sources(folder: Path) -> None:
    """Copy what the study is made from into `folder`, which must be empty or new."""
    for path in source_paths():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target)


def rerun(
    folder: Path, cores: str = "all", hash_seed: int = 0, more: dict[str, str] | None = None, targets: tuple[str, ...] = TARGETS
) -> None:
    """Run the study in `folder` with the present interpreter; raise RerunFailed when a job stops.

    `hash_seed` is PYTHONHASHSEED, on which no result may depend; `more` are further environment variables.
    """
    environment = os.environ | REPEATABLE | {"PYTHONHASHSEED": str(hash_seed), "IPS_DATA": str((ROOT / external_folder()).resolve())}
    command = [sys.executable, "-m", "snakemake", "--profile", "workflow/profiles/default", "--cores", cores, *targets]
    sys.stdout.flush()
    if subprocess.run(command, cwd=folder, env=environment | (more or {}), check=False).returncode:
        raise RerunFailed(f"the rerun stopped; the log of the job that failed is under {folder / 'logs'}")
