"""Which specifications the firm files at hand can run: their columns hold values, together and with variation in treatment."""

from __future__ import annotations

from importlib import import_module

import pandas as pd

from analysis.core.catalogue import ingredients, outcomes_of
from analysis.core.config import FIRM_TABLES
from analysis.core.estimation import specify
from analysis.core.preparation import blank_controls, prepare
from analysis.core.specification import Specification


def firm_panels(tables: dict[str, pd.DataFrame], provinces: pd.DataFrame, panels: dict) -> dict[str, pd.DataFrame]:
    """Return the panels that rest on firm files alone; `provinces` (province, region) stands for the statistics of provinces."""
    given = {**tables, "province_statistics": provinces}
    built = {}
    for name, panel in panels.items():
        wanted = [part for part in ingredients("panel", name) if part != "settings"]
        if set(wanted) <= set(given) and set(wanted) & set(FIRM_TABLES):
            module = import_module(f"analysis.panels.{name}")
            built[name] = module.build(**{part: given[part] for part in wanted}, settings=panel["settings"])
    return built


def runnable(panels: dict[str, pd.DataFrame], specifications: dict, outcomes: dict) -> dict[tuple[str, str], tuple[str, tuple[str, ...]]]:
    """Return (specification, outcome) → why it cannot run ('' if it can), and the controls dropped because they are blank."""
    found = {}
    for name, settings in specifications.items():
        if settings["panel"] in panels:
            panel = panels[settings["panel"]]
            for outcome in outcomes_of(settings):
                found[name, outcome] = (_lacks(panel, name, settings, outcome, outcomes.get(outcome)), blank_controls(panel, settings))
    return found


def _lacks(panel: pd.DataFrame, name: str, settings: dict, outcome: str, outcome_settings: dict | None) -> str:
    if panel.empty:
        return f"the files give no row of {settings['panel']}"
    specification = specify(name, settings, outcome, blank_controls(panel, settings))
    fields = ("outcome", "unit", "time", "treatment", "duration", "event", "entry")
    lists = (*specification.controls, *specification.fixed_effects, *specification.cluster, *specification.strata)
    needed = list(dict.fromkeys(filter(None, [*(getattr(specification, field) for field in fields), *lists])))
    where = settings.get("where", {})
    sample = prepare(
        _narrow(panel, [*needed, specification.cohort, *where], outcome_settings), where, _unclipped(outcome_settings), outcome
    )
    if sample.empty:
        blank_where = [column for column in where if panel[column].isna().all()]
        return f"{', '.join(blank_where)} is blank" if blank_where else "no row meets the conditions of the sample"
    blank = [
        outcome_settings["column"] if outcome_settings and column == outcome else column for column in needed if sample[column].isna().all()
    ]
    if blank:
        return f"{', '.join(blank)} is blank"
    whole = sample.dropna(subset=needed)
    if whole.empty:
        return f"no row has all of {', '.join(needed)}"
    return _without_variation(whole, specification)


def _narrow(panel: pd.DataFrame, columns: list[str], outcome: dict | None) -> pd.DataFrame:
    """Return the columns that a specification uses: a copy of all of them for each specification would take the memory of the study."""
    wanted = {*columns, outcome["column"] if outcome else ""}
    return panel[[name for name in panel if name in wanted]]


def _unclipped(outcome: dict | None) -> dict | None:
    """Return the outcome without winsorizing, which moves values and makes none missing."""
    return {key: value for key, value in outcome.items() if not key.startswith("winsorize")} if outcome else None


def _without_variation(whole: pd.DataFrame, specification: Specification) -> str:
    if specification.cohort:
        cohort = whole[specification.cohort]
        inside = cohort.between(whole[specification.time].min() + 1, whole[specification.time].max()).fillna(False)
        if not inside.any():
            return "no firm is first treated inside the observed years"
        return "" if cohort.isna().any() or cohort.nunique() > 1 else "every firm is treated in the same year"
    if specification.treatment and whole[specification.treatment].nunique() < 2:
        return f"{specification.treatment} does not vary"
    return "no spell ends" if specification.event and not (whole[specification.event] > 0).any() else ""
