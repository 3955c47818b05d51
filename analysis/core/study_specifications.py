"""The specifications of the study: config/specifications/<part>.yaml, read, completed by what each extends, and checked.

A block may take over another one, `extends: province_att`: what it does not say itself, the other says, and so on up. The
other is a specification of any file or one of its `templates`, which are no specifications themselves.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator

from analysis.core.checked_yaml import EXTENDS, check_against, completed, read_yaml, shown
from analysis.core.errors import ConfigError, unknown
from analysis.core.specification import FIELDS, SHARED, Block, Specification

SECTIONS = ("specifications", "templates")


@cache
def block_schema() -> dict:
    """Return the JSON schema of a complete block, made from the fields of Specification and Block."""
    from pydantic import TypeAdapter  # here, because it takes longer to import than all else that configuration needs

    inside, block = TypeAdapter(Specification).json_schema(), TypeAdapter(Block).json_schema()
    required = [*block["required"], *(name for name in inside["required"] if name in SHARED)]
    return {
        **block,
        "properties": {**block["properties"], **{name: inside["properties"][name] for name in FIELDS if name in SHARED}},
        "required": required,
    }


def _file_schema() -> dict:
    """Return the schema of a file, whose blocks may leave to what they extend what they do not say."""
    whole = block_schema()
    parent = {"type": "string", "description": "Specification or template whose keys hold where the block says nothing"}
    block = {**whole, "properties": {EXTENDS: parent, **whole["properties"]}, "required": []}
    sections = {name: {"type": "object", "additionalProperties": block} for name in SECTIONS}
    return {"type": "object", "additionalProperties": False, "required": ["specifications"], "properties": sections}


def read_specifications(folder: Path, parts: list[str]) -> tuple[dict[str, dict], dict[str, str]]:
    """Return the complete blocks by name, in the order of the files `parts` and of their lines, and the place of each in words.

    Raises ConfigError or UnknownName with file and place: for a part that is no file or a file that is no part, a name that
    stands twice, a parent that does not exist, blocks that extend each other in a circle, and keys that nobody says.
    """
    files = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    for part in parts:
        if part not in files:
            raise unknown(part, files, f"{shown(folder.parent / 'study.yaml')}: specifications", f"file of {shown(folder)}")
    if left := [path for part, path in files.items() if part not in parts]:
        raise ConfigError(f"{shown(left[0])}: is not listed in {shown(folder.parent / 'study.yaml')} under specifications")
    blocks: dict[str, dict] = {}
    places: dict[str, str] = {}
    named: list[str] = []
    for part in parts:
        content = read_yaml(files[part], _file_schema())
        for section in SECTIONS:
            for name, block in (content.get(section) or {}).items():
                place = f"{shown(files[part])}: {section} → {name}"
                if name in blocks:
                    raise ConfigError(f"{place}: the name is taken by {places[name]}")
                blocks[name], places[name] = block, place
                named += [name] * (section == "specifications")
    complete = {name: completed(name, blocks, places, "specification or template") for name in named}
    rules = Draft202012Validator(block_schema())
    for name, block in complete.items():
        check_against(block, rules, places[name])
    return complete, places
