"""Raw files and sources as the pipeline reads them, for tests."""

from importlib import import_module

import pytest

from analysis.core.catalogue import ingredients
from analysis.core.config import CONFIG, read_yaml
from analysis.core.rawfiles import load, missing


def contract(name):
    return read_yaml(CONFIG / "sources" / f"{name}.yaml", "source")


def cleaned(source):
    """Return source `source` cleaned from the real raw files; skips where they are not at hand, saying which."""
    contracts = {name: contract(name) for name in ingredients("source", source)}
    for about in contracts.values():
        if reason := missing(about):
            pytest.skip(reason)
    return import_module(f"analysis.sources.{source}").clean(**{name: load(about) for name, about in contracts.items()})
