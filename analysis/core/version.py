"""The version of the compendium; its one home is pyproject.toml."""

from __future__ import annotations

import tomllib

from analysis.core.catalogue import ROOT


def version() -> str:
    """Return the version that pyproject.toml states."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
