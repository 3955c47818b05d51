"""A YAML file read and checked against its schema: no key twice, none unknown, the nearest valid one offered."""

from __future__ import annotations

import difflib
import math
from functools import cache
from pathlib import Path
from typing import Any, TextIO

import yaml
from jsonschema import Draft202012Validator, ValidationError

from analysis.core.catalogue import ROOT
from analysis.core.errors import ConfigError, unknown

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # slower, where PyYAML was built without its C parts
    from yaml import SafeLoader as Loader

SCHEMAS = ROOT / "workflow" / "schemas"


class _UniqueKeys(Loader):
    """YAML in which a repeated key is an error: the last one would win silently."""


def _unique(loader: Any, node: yaml.MappingNode, deep: bool = False) -> dict:
    keys = [loader.construct_object(key, deep=deep) for key, _ in node.value if key.value != "<<"]
    repeated = sorted({str(key) for key in keys if keys.count(key) > 1})
    if repeated:
        raise ConfigError(f"{node.start_mark.name}, line {node.start_mark.line + 1}: repeated key {', '.join(repeated)}")
    loader.flatten_mapping(node)  # `<<: *anchor` takes over another block, whose keys the block's own replace
    return {loader.construct_object(key, deep=deep): loader.construct_object(value, deep=True) for key, value in node.value}


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique)


EXTENDS = "extends"
LARGEST = 100_000  # entries of a file, references written out; the study's largest has some thousands


def read_yaml(path: Path, schema: str | dict, section: str = "") -> dict:
    """Return the YAML file at `path` after checking it against `schema`, or workflow/schemas/<schema>.yaml.

    The blocks of `section`, if one is named, may extend each other. Raises ConfigError in a line for each mistake, with file, place
    and the nearest valid key, and UnknownName for a block to extend that does not exist.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            content = _loaded(stream, shown(path))
    except RecursionError as error:
        raise ConfigError(f"{shown(path)}: is nested too deeply") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{shown(path)}: not valid YAML: {' '.join(str(error).split())}") from error
    if section and isinstance(content, dict) and isinstance(blocks := content.get(section), dict):
        places = {name: f"{shown(path)}: {section} → {name}" for name in blocks}
        content[section] = {name: completed(name, blocks, places, "block") for name in blocks}
    check_against(content, _rules(schema) if isinstance(schema, str) else Draft202012Validator(schema), shown(path))
    return content


def completed(name: str, blocks: dict[str, dict], places: dict[str, str], kind: str, trail: tuple[str, ...] = ()) -> dict:
    """Return a block over all that it extends, `extends: other`: what it does not say itself, the other says, and so on up.

    `places` says where each block stands and `kind` what one is, for errors; `trail` are the blocks that led here.
    Raises UnknownName for another that does not exist, ConfigError for blocks that extend each other in a circle.
    """
    block = blocks[name]
    if not isinstance(block, dict) or EXTENDS not in block:
        return dict(block) if isinstance(block, dict) else block
    parent, trail = block[EXTENDS], (*trail, name)
    if parent not in blocks:
        raise unknown(parent, blocks, f"{places[name]}: {EXTENDS}", kind)
    if parent in trail:
        circle = " → ".join((*trail[trail.index(parent) :], parent))
        raise ConfigError(f"{places[name]}: {EXTENDS}: blocks extend each other in a circle: {circle}")
    own = {key: value for key, value in block.items() if key != EXTENDS}
    return {**completed(parent, blocks, places, kind, trail), **own}


def _loaded(stream: TextIO, place: str) -> Any:
    """Return what the stream holds; refuse references that make it larger than any configuration, before it is built."""
    loader = _UniqueKeys(stream)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _size(node, {}) > LARGEST:
            raise ConfigError(f"{place}: references make it larger than {LARGEST:,} entries, or hold themselves")
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _size(node: yaml.Node, known: dict[int, float]) -> float:
    """Return how many entries a node has with all its references written out; infinitely many where it holds itself."""
    if id(node) not in known:
        known[id(node)] = math.inf
        entries = [] if isinstance(node, yaml.ScalarNode) else node.value
        parts = [part for entry in entries for part in (entry if isinstance(entry, tuple) else (entry,))]
        known[id(node)] = 1 + sum(_size(part, known) for part in parts)
    return known[id(node)]


@cache
def _rules(schema: str) -> Draft202012Validator:
    return Draft202012Validator(yaml.load((SCHEMAS / f"{schema}.yaml").read_text(encoding="utf-8"), Loader))


def check_against(content: object, rules: Draft202012Validator, place: str) -> None:
    """Raise ConfigError unless `content`, which stands at `place`, keeps the JSON schema `rules`."""
    errors = sorted(rules.iter_errors(content), key=lambda e: list(map(str, e.path)))
    if errors:
        raise ConfigError("\n".join(f"{place}: {_readable(error)}" for error in errors))


def shown(path: Path) -> str:
    """Return a path as messages name it: relative to the repository where it is inside."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def _readable(error: ValidationError) -> str:
    """Return a schema error as a sentence; a misspelt key comes with the nearest valid one."""
    place = " → ".join(map(str, error.path)) or "top level"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        valid = list(error.schema.get("properties", {}))
        unknown_keys = [key for key in error.instance if key not in valid]
        hints = []
        for key in unknown_keys:
            near = difflib.get_close_matches(str(key), valid, n=1, cutoff=0.4)
            hints.append(f"unknown key '{key}'" + (f"; did you mean '{near[0]}'?" if near else f"; valid: {', '.join(valid)}"))
        return f"{place}: {'; '.join(hints)}"
    if error.validator == "enum":
        near = difflib.get_close_matches(str(error.instance), list(map(str, error.validator_value)), n=1, cutoff=0.4)
        return f"{place}: '{error.instance}' is not valid" + (
            f"; did you mean '{near[0]}'?" if near else f"; valid: {error.validator_value}"
        )
    return f"{place}: {error.message}"
