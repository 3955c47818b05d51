"""Changes to a specification, as words: `cluster=province drop.province=Guangdong winsorize=0.05`.

Each word is checked against the panel's columns, the estimators and the options of the estimator before anything is
estimated; a wrong one is refused with the nearest valid name.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field

import yaml

from analysis.core.errors import BadOption, unknown
from analysis.core.method import method_of
from analysis.core.preparation import TRANSFORMS
from analysis.core.specification import LISTS, SINGLE
from analysis.review.whatif.sample import add_condition

# The rows of a panel and its outcomes are not a choice of one model.
COLUMNS = tuple(name for name in SINGLE if name not in ("outcome", "unit", "time"))
OUTCOME = ("transform", "winsorize", "scale")
WORD = re.compile(r"(?P<key>[\w.]+?)(?P<how>\+=|-=|>=|<=|=)(?P<value>.*)", re.DOTALL)
SHAPE = "KEY=VALUE, controls+=COLUMN, controls-=COLUMN, drop.COLUMN=VALUE[,VALUE], keep.COLUMN=VALUE[,VALUE], COLUMN>=N or COLUMN<=N"


@dataclass
class Variant:
    """A specification and an outcome with changes applied, and what was changed in words."""

    settings: dict
    outcome: dict | None
    said: list[str] = field(default_factory=list)
    # Columns and values of the sample's words, to be checked once the panel is read.
    selected: list[tuple[str, list]] = field(default_factory=list)


def changed(settings: dict, outcome: dict | None, words: list[str], columns: dict, context: str) -> Variant:
    """Return the Variant of `settings` and `outcome` after the changes in `words`; `columns` are those of the panel's contract.

    Raises BadOption or UnknownName in one line for a word that cannot be followed.
    """
    variant = Variant(copy.deepcopy(settings), copy.deepcopy(outcome))
    parsed = _merged([_parsed(word, context) for word in words], context)
    # The estimator first: it decides which options there are.
    for key, how, value in sorted(parsed, key=lambda item: item[0] != "estimator"):
        _apply(variant, key, how, value, columns, context)
    return variant


def _parsed(word: str, context: str) -> tuple[str, str, str]:
    match = WORD.fullmatch(word)
    if not match:
        raise BadOption(f"{context}: '{word}' is no change (a value with spaces stands in quotes); it must be {SHAPE}", word, word, SHAPE)
    return match["key"], match["how"], match["value"].strip()


def _merged(parsed: list[tuple[str, str, str]], context: str) -> list[tuple[str, str, str]]:
    """Return the changes with lists for one key joined; one choice given twice is refused, for the last would win unseen."""
    merged = {}
    for key, how, value in parsed:
        if (key, how) in merged and not (key.startswith(("drop.", "keep.")) or how in ("+=", "-=")):
            raise BadOption(f"{context}: {key}{how} is given twice: {merged[key, how]} and {value}", key, value, (merged[key, how],))
        merged[key, how] = f"{merged[key, how]},{value}" if (key, how) in merged else value
    return [(key, how, value) for (key, how), value in merged.items()]


def _pieces(key: str, how: str, value: str, context: str) -> list[str]:
    pieces = [one.strip() for one in value.split(",") if one.strip()]
    if not pieces and how != "=":
        raise BadOption(f"{context}: {key}{how} names nothing", key, "", "a column or value")
    return pieces


def _apply(variant: Variant, key: str, how: str, value: str, columns: dict, context: str) -> None:
    settings = variant.settings
    kind, _, column = key.partition(".")
    if how in (">=", "<="):
        _need(key, columns, context)
        add_condition(settings, key, how, _number(key, value, context))
    elif kind in ("drop", "keep") and column:
        _sample(variant, kind, column, how, value, columns, context)
    elif key in LISTS:
        _list(settings, key, how, _pieces(key, how, value, context), columns, context)
    elif how != "=":
        raise BadOption(f"{context}: {how} is for {', '.join(LISTS)}, not for {key}", key, value, ("=",))
    elif key in COLUMNS:
        _need(value, columns, context)
        if key in ("cohort", "treatment"):  # a model has one or the other
            settings.pop("cohort", None), settings.pop("treatment", None)
        settings[key] = value
    elif key == "estimator":
        _estimator(variant, value, context)
    elif key in OUTCOME:
        _outcome(variant, key, value, context)
    else:
        _option(settings, key.removeprefix("option."), value, context)
    variant.said.append(f"{key}{how}{value}")


def _need(column: str, columns: dict, context: str) -> None:
    if column not in columns:
        raise unknown(column, columns, context, "column")


def _number(key: str, value: str, context: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise BadOption(f"{context}: {key} takes a number, not '{value}'", key, value, "a number") from None


def _read(value: str, kind: str) -> object:
    """Return a value as the column's type writes it."""
    return value if kind in ("text", "date", "partial_date") else yaml.safe_load(value)


def _sample(variant: Variant, kind: str, column: str, how: str, value: str, columns: dict, context: str) -> None:
    _need(column, columns, context)
    pieces = _pieces(f"{kind}.{column}", how, value, context)
    if how != "=" or not pieces:
        raise BadOption(f"{context}: {kind}.{column} takes = and at least one value", f"{kind}.{column}", value, "= and at least one value")
    values = [_read(one, columns[column]["type"]) for one in pieces]
    variant.selected.append((column, values))
    add_condition(variant.settings, column, kind, values)


def _list(settings: dict, key: str, how: str, names: list[str], columns: dict, context: str) -> None:
    for name in names:
        _need(name, columns, context)
    present = list(settings.get(key, []))
    if how == "-=" and (unknown_names := [name for name in names if name not in present]):
        raise BadOption(f"{context}: {unknown_names[0]} is not among {key}: {', '.join(present) or 'none'}", key, unknown_names[0], present)
    if how in (">=", "<="):
        raise BadOption(f"{context}: {key} is a list; it takes =, += or -=", key, names, ("=", "+=", "-="))
    twice = [name for place, name in enumerate(names) if name in names[:place] or (how == "+=" and name in present)]
    if twice:  # the same column twice cannot be solved for
        raise BadOption(f"{context}: {twice[0]} is among {key} already", key, twice[0], "columns that are not there yet")
    settings[key] = names if how == "=" else [*present, *names] if how == "+=" else [name for name in present if name not in names]


def _estimator(variant: Variant, name: str, context: str) -> None:
    method = method_of(name, context)
    options = variant.settings.get("options", {})
    kept = {key: value for key, value in options.items() if key in method.options}
    if lost := sorted(set(options) - set(kept)):
        variant.said.append(f"(options that {name} does not know are left out: {', '.join(lost)})")
    accepted = {one for need in (*method.needs, *method.accepts) for one in need.split("|")}
    for key in ("weights", *LISTS):
        if key != "cluster" and key not in accepted and (value := variant.settings.get(key)):
            columns = value if isinstance(value, str) else ", ".join(value)
            variant.said.append(f"({name} takes no {key}: {columns} left out)")
            del variant.settings[key]
    variant.settings |= {"estimator": name, "options": kept}


def _outcome(variant: Variant, key: str, value: str, context: str) -> None:
    if variant.outcome is None:
        raise BadOption(f"{context}: the model has no outcome variable that {key} could change", key, value, ())
    if key == "transform":
        if value not in TRANSFORMS:
            raise unknown(value, TRANSFORMS, context, "transform")
        variant.outcome[key] = value
        return
    read = _number(key, value, context)
    if key == "winsorize" and not 0 <= read < 0.5:
        raise BadOption(
            f"{context}: winsorize is the share of each tail, from 0 to below 0.5, not {value}", key, value, "from 0 to below 0.5"
        )
    if key == "scale" and read <= 0:
        raise BadOption(f"{context}: scale must be above 0, not {value}: signs that claims imply would turn", key, value, "above 0")
    variant.outcome[key] = read


def in_another_unit(before: dict | None, after: dict | None) -> bool:
    """Return whether an outcome is no longer in the unit that its label and the claims' fixed regions are written in."""
    if before is None or after is None:
        return False
    return any(before.get(key, plain) != after.get(key, plain) for key, plain in (("transform", "level"), ("scale", 1.0)))


def _option(settings: dict, key: str, value: str, context: str) -> None:
    options = method_of(settings["estimator"]).options
    # `draws` is enough where one option that the model uses counts draws.
    ending = [name for name in options if name.endswith(f"_{key}")]
    used = [name for name in ending if name in settings.get("options", {})]
    named = [name for name in options if name == key] or used or ending
    if len(named) != 1:
        valid = [*LISTS, *COLUMNS, "estimator", *OUTCOME, *options]
        raise unknown(key, valid, context, "change")
    read = yaml.safe_load(value)
    settings["options"] = {**settings.get("options", {}), named[0]: options[named[0]].check(named[0], read, context)}
