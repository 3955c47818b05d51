"""Raw files and sources as the pipeline reads them, for tests."""

from importlib import import_module

import pytest

from analysis.core.catalogue import ingredients
from analysis.core.rawfiles import load, missing
from tests.study import STUDY


def contract(name):
    """Return the contract of a raw file, with the columns that it takes over from others."""
    return STUDY["raw"][name]


def cleaned(source):
    """Return source `source` cleaned from the real raw files; skips where they are not at hand, saying which."""
    contracts = {name: contract(name) for name in ingredients("source", source)}
    for about in contracts.values():
        if reason := missing(about):
            pytest.skip(reason)
    return import_module(f"analysis.sources.{source}").clean(**{name: load(about) for name, about in contracts.items()})
