"""Which specifications the firm files at hand can run: their columns hold values, together and with variation in treatment."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pandas as pd

from analysis.core.catalogue import ingredients, outcomes_of
from analysis.core.config import FIRM_TABLES
from analysis.core.estimation import specify
from analysis.core.preparation import TRANSFORMS, blank_controls, meeting
from analysis.core.specification import Specification


def firm_panels(tables: dict[str, pd.DataFrame], provinces: pd.DataFrame, panels: dict) -> dict[str, pd.DataFrame]:
    """Return the panels that rest on firm files alone; `provinces` (province, region) stands for the statistics of provinces."""
    given = {**tables, "province_statistics": provinces}
    # Panels of projects have no row of another firm: most files name many firms and the projects of few.
    accounts = tables["firm_accounts"]
    beside = {**given, "firm_accounts": accounts[accounts["firm_id"].isin(tables["projects"]["firm_id"].unique())]}
    built = {}
    for name, panel in panels.items():
        wanted = [part for part in ingredients("panel", name) if part != "settings"]
        if set(wanted) <= set(given) and set(wanted) & set(FIRM_TABLES):
            module = import_module(f"analysis.panels.{name}")
            parts = beside if "projects" in wanted else given
            built[name] = module.build(**{part: parts[part] for part in wanted}, settings=panel["settings"])
    return built


def runnable(panels: dict[str, pd.DataFrame], specifications: dict, outcomes: dict) -> dict[tuple[str, str], tuple[str, tuple[str, ...]]]:
    """Return (specification, outcome) → why it cannot run ('' if it can), and the controls dropped because they are blank."""
    known = {name: _Known(panel) for name, panel in panels.items()}
    found = {}
    for name, settings in specifications.items():
        if settings["panel"] in panels:
            panel = known[settings["panel"]]
            without = blank_controls(panel.panel, settings)
            for outcome in outcomes_of(settings):
                found[name, outcome] = (_lacks(panel, name, settings, outcome, outcomes.get(outcome), without), without)
    return found


class _Known:
    """Which cells of a panel hold a value, each column looked at once: specifications ask a hundred times for the same ones."""

    def __init__(self, panel: pd.DataFrame) -> None:
        self.panel = panel
        self._cells: dict[tuple, np.ndarray] = {}
        self._rows: dict[str, np.ndarray] = {}

    def cells(self, column: str, outcome: dict | None = None) -> np.ndarray:
        """Return where the column, or the outcome made of it, has a value; winsorizing moves values and makes none missing."""
        key = (column, outcome["transform"], outcome.get("scale", 1.0)) if outcome else (column,)
        if key not in self._cells:
            values = self.panel[column]
            if outcome:
                values = TRANSFORMS[outcome["transform"]](values.astype("float64") * outcome.get("scale", 1.0))
            self._cells[key] = values.notna().to_numpy(bool)
        return self._cells[key]

    def rows(self, where: dict) -> np.ndarray:
        """Return which rows a specification's conditions admit."""
        key = repr(where)
        if key not in self._rows:
            self._rows[key] = meeting(self.panel, where).to_numpy(bool)
        return self._rows[key]


def _lacks(known: _Known, name: str, settings: dict, outcome: str, outcome_settings: dict | None, without: tuple[str, ...]) -> str:
    if known.panel.empty:
        return f"the files give no row of {settings['panel']}"
    specification = specify(name, settings, outcome, without)
    fields = ("outcome", "unit", "time", "treatment", "duration", "event", "entry")
    lists = (*specification.controls, *specification.fixed_effects, *specification.cluster, *specification.strata)
    needed = list(dict.fromkeys(filter(None, [*(getattr(specification, field) for field in fields), *lists])))
    where = settings.get("where", {})
    sample = known.rows(where)
    if not sample.any():
        blank_where = [column for column in where if not known.cells(column).any()]
        return f"{', '.join(blank_where)} is blank" if blank_where else "no row meets the conditions of the sample"
    sources = {
        column: (outcome_settings["column"], outcome_settings) if outcome_settings and column == outcome else (column, None)
        for column in needed
    }
    blank = [column for column, how in sources.values() if not (sample & known.cells(column, how)).any()]
    if blank:
        return f"{', '.join(blank)} is blank"
    whole = np.logical_and.reduce([sample, *(known.cells(column, how) for column, how in sources.values())])
    if not whole.any():
        return f"no row has all of {', '.join(needed)}"
    columns = filter(None, (specification.cohort, specification.time, specification.treatment, specification.event))
    return _without_variation(known.panel.loc[whole, list(dict.fromkeys(columns))], specification)


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
