"""A YAML file read and checked against its schema: no key twice, none unknown, the nearest valid one offered."""

from __future__ import annotations

import difflib
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from analysis.core.catalogue import ROOT
from analysis.core.errors import ConfigError

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


def read_yaml(path: Path, schema: str | dict) -> dict:
    """Return the YAML file at `path` after checking it against `schema`, or workflow/schemas/<schema>.yaml.

    Raises ConfigError in a line for each mistake, with file, place and the nearest valid key.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            content = yaml.load(stream, _UniqueKeys)
    except yaml.YAMLError as error:
        raise ConfigError(f"{shown(path)}: not valid YAML: {' '.join(str(error).split())}") from error
    check_against(content, _rules(schema) if isinstance(schema, str) else Draft202012Validator(schema), shown(path))
    return content


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
