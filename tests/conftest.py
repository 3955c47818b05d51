"""What several tests need: a scratch copy of the repository that can be edited and run."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".snakemake", "__pycache__", "*.parquet", "logs", ".pytest_cache", ".ruff_cache")


@pytest.fixture(scope="module")
def scratch_copy(tmp_path_factory):
    """Return a copy of the repository without anything it generates in data/processed."""
    copy = tmp_path_factory.mktemp("copy") / "study"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    return copy


@pytest.fixture
def config_copy(tmp_path):
    """Return a copy of config/ to break, with the notes of exhibits beside it."""
    copy = tmp_path / "config"
    shutil.copytree(ROOT / "config", copy)
    (tmp_path / "paper").mkdir()
    shutil.copy(ROOT / "paper" / "exhibits.yaml", tmp_path / "paper")
    return copy


@pytest.fixture(scope="session", autouse=True)
def repeatable():
    """One thread a process, as in the study itself."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
