"""Reference compendium on intellectual property securitization.

`from analysis import estimate` is the way in for a notebook. Nothing is imported before it is asked for, so that no module of
the study hangs on more than it names.
"""

from __future__ import annotations


def __getattr__(name: str) -> object:
    if name == "estimate":
        from importlib import import_module

        return import_module("analysis.core.any_table").estimate
    raise AttributeError(f"module 'analysis' has no attribute '{name}'")


def __dir__() -> list[str]:
    return [*globals(), "estimate"]
