"""A specification: its fields, declared once.

From this table come the flags of `python -m analysis estimate`, the keyword arguments of `analysis.estimate`, the keys of a
block in config/specifications and their schema, what the configuration checks, what `whatif` may change, and the list of
fields in docs/extend.md (a test compares it). A field added here is in all of them.

Plain dataclasses, because every command and every job of the study imports this module: pydantic, which turns the two classes
into the schema where configuration is read (analysis.core.study_specifications), takes longer to import than a small estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import ClassVar


def _column(meaning: str, holds: str, *, blank_speaks: bool = False) -> str:
    """Declare a field that names one column; `holds` is what its cells are: names, numbers, periods, or times that passed.

    `blank_speaks` where a blank cell says something (never treated, not ended yet) and is no missing value.
    """
    return field(default="", metadata={"description": meaning, "holds": holds, "blank_speaks": blank_speaks})


def _columns(meaning: str, holds: str) -> tuple[str, ...]:
    """Declare a field that names a list of columns."""
    return field(default=(), metadata={"description": meaning, "holds": holds, "blank_speaks": False})


def _said(meaning: str, **more: object) -> dict:
    """Return the metadata of a field: what it means, and what pydantic's `Field` takes besides."""
    return {"description": meaning, **more}


# What a person may say that the periods are; "index" takes whole numbers as they stand (analysis.core.periods).
FREQUENCIES = ("index", "year", "half", "quarter", "month", "week", "day")


@dataclass(frozen=True)
class Specification:
    """Everything an estimator may know besides the panel.

    In the study `name` is the block's key, `outcome` one of the block's outcomes (the column of the prepared panel that holds
    it transformed), and `seed` derived from the study's seed and the name.
    """

    name: str = field(metadata=_said("name, from which the seed is derived"))
    estimator: str = field(metadata=_said("module of analysis/estimators"))
    outcome: str = _column("outcome column", "numbers")
    unit: str = _column("column of units", "names")
    time: str = _column(
        "column of periods: whole numbers, also 20191 (quarters) or 200112 (months); dates and texts with a frequency", "periods"
    )
    cohort: str = _column(
        "column of the first treated period; blank, 0, Inf or a period after the last for never", "periods", blank_speaks=True
    )
    treatment: str = _column("column of the treatment in force", "numbers")
    weights: str = _column("column of weights", "numbers")
    duration: str = _column("column of durations (stop times)", "times")
    event: str = _column("column that is 1 where the duration ended, 0 where it is censored, 2.. for competing ends", "numbers")
    entry: str = _column("column of late entries (start times)", "times")
    upper: str = _column("column of the upper end of interval-censored durations", "times", blank_speaks=True)
    controls: tuple[str, ...] = _columns("columns of controls", "numbers")
    fixed_effects: tuple[str, ...] = _columns("columns of effects to absorb", "names")
    cluster: tuple[str, ...] = _columns("column(s) to cluster by; two are two-way", "names")
    instruments: tuple[str, ...] = _columns("columns of excluded instruments for the treatment", "numbers")
    strata: tuple[str, ...] = _columns("columns of strata or groups", "names")
    frequency: str = field(
        default="", metadata=_said("what a period is, where its values do not say", json_schema_extra={"enum": ["", *FREQUENCIES]})
    )
    options: dict = field(default_factory=dict, metadata=_said("choices of the estimator, which refuses those it does not know"))
    seed: int = field(default=0, metadata=_said("seed of what is random; in the study otherwise from its seed and the name", ge=0))


# Conditions that rows of a sample may have to meet, and what each is compared with.
CONDITIONS = {
    "equals": {},
    "not_equals": {},
    "at_least": {"type": "number"},
    "at_most": {"type": "number"},
    "in": {"type": "array"},
    "not_in": {"type": "array"},
}


@dataclass(frozen=True)
class Block:
    """What a block of config/specifications says besides the fields of Specification that it shares (SHARED)."""

    __pydantic_config__: ClassVar[dict] = {"extra": "forbid"}

    title: str = field(metadata=_said("name in tables"))
    panel: str = field(metadata=_said("panel or source it is estimated on"))
    estimand: str = field(metadata=_said("what the number estimates"))
    sample: str = field(metadata=_said("the sample in words"))
    outcomes: tuple[str, ...] = field(
        default=(), metadata=_said("outcomes of config/study.yaml", min_length=1, json_schema_extra={"uniqueItems": True})
    )
    where: dict[str, dict] = field(
        default_factory=dict,
        metadata=_said(
            "conditions on columns, all must hold: {year: {at_least: 2011}}",
            json_schema_extra={"additionalProperties": {"type": "object", "additionalProperties": False, "properties": CONDITIONS}},
        ),
    )
    balanced: bool = field(default=False, metadata=_said("only units with the outcome in every period"))
    family: str | tuple[str, ...] = field(
        default="", metadata=_said("family (or families) of outcomes tested together with the first one (romano_wolf)")
    )
    against: str = field(
        default="", metadata=_said("outcome whose effect is taken off that of the specification's own (difference_of_effects)")
    )
    seed_of: str = field(
        default="", metadata=_said("specification whose random draws it repeats, so that equal samples give equal numbers")
    )
    true_effect: str = field(
        default="", metadata=_said("quantity of the true effects that the term of interest estimates (simulated cohort)")
    )


FIELDS = {one.name: one for one in fields(Specification)}
# Fields that name columns: one, or a list.
SINGLE = tuple(name for name, one in FIELDS.items() if "holds" in one.metadata and one.default == "")
LISTS = tuple(name for name, one in FIELDS.items() if "holds" in one.metadata and one.default == ())
# Fields that a block of the study has under the same name.
SHARED = tuple(name for name in FIELDS if name not in ("name", "outcome"))
# Fields whose columns hold names and may be text; those of all others hold numbers.
NAMES = tuple(name for name in (*SINGLE, *LISTS) if FIELDS[name].metadata["holds"] == "names")
# Fields of times that have passed, which are compared with each other and with times that options name.
TIMES = tuple(name for name in (*SINGLE, *LISTS) if FIELDS[name].metadata["holds"] == "times")
BLANK_SPEAKS = tuple(name for name in (*SINGLE, *LISTS) if FIELDS[name].metadata["blank_speaks"])


def flag(field: str) -> str:
    """Return the command-line flag of a field of Specification."""
    return "--" + field.replace("_", "-")


def meaning_of(field: str) -> str:
    """Return what a field of Specification means."""
    return FIELDS[field].metadata["description"]


def columns_of(values: object) -> dict[str, list[str]]:
    """Return column → the fields that name it, in the order of the fields; `values` is a Specification or a block of the study."""
    roles: dict[str, list[str]] = {}
    for name in (*SINGLE, *LISTS):
        value = values.get(name, "") if isinstance(values, dict) else getattr(values, name)
        for column in [value] if isinstance(value, str) else value:
            if column:
                roles.setdefault(column, []).append(name)
    return roles


def given(specification: Specification) -> set[str]:
    """Return the fields that name a column."""
    return {name for name in (*SINGLE, *LISTS) if getattr(specification, name)}
