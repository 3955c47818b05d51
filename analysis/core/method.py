"""What an estimator declares about itself: which columns it needs, its options, source and library."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import SimpleNamespace

import pandas as pd

from analysis.core.catalogue import module_of
from analysis.core.errors import BadOption, unknown
from analysis.core.options import Option
from analysis.core.specification import Specification, flag

# Variances beside which a cluster that is named would change nothing.
UNCLUSTERED = ("unadjusted", "hc1", "hc3", "driscoll_kraay", "robust")


@dataclass(frozen=True)
class Method:
    """The declaration `METHOD` of every module in analysis/estimators.

    `needs` names fields of Specification that must be given ('cohort|treatment': either); `accepts` those that may be;
    any other is refused, because a choice that changes nothing would mislead. `columns` are fixed names of columns that the
    method reads besides, in a table made for it. Cohorts after the last period are never treated, unless the method
    `knows_later_cohorts` and makes something of them. Periods are an index of those observed, unless `periods_as_written`: where
    an empty year counts as one, or an option names a year. `ends_recur`: the history of a unit goes on after an event;
    `conditions_on_the_past`: controls are taken before treatment, where the outcome may be one of them.
    `outcome_range` is the least and greatest outcome, and the rule in words. `unless` names needs that may be left
    out with one value of an option: {"unit": ("panel", False)}. `streamed` names the options and lists of columns that may be given
    where units are summed up in a stream (core.representatives); empty where the method needs every unit.
    """

    title: str
    citation: str
    library: str
    needs: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    knows_later_cohorts: bool = False
    periods_as_written: bool = False
    ends_recur: bool = False
    conditions_on_the_past: bool = False
    outcome_range: tuple[float, float, str] | None = None
    unless: dict[str, tuple[str, object]] = field(default_factory=dict)
    streamed: tuple[str, ...] = ()
    options: dict[str, Option] = field(default_factory=dict)

    def check(self, specification: Specification, given: Collection[str]) -> None:
        """Raise BadOption when a needed field is not among the `given` ones, or one is given that the method cannot use."""
        name = specification.estimator
        for need in self.needs:
            if not any(one in given for one in need.split("|")) and not self._spared(need, specification):
                raise BadOption(f"{name} needs {' or '.join(map(flag, need.split('|')))}", need.split("|")[0], "", need.split("|"))
        known = {one for need in (*self.needs, *self.accepts) for one in need.split("|")}
        # Unit and time effects are part of every cohort estimator: naming them changes nothing and is no mistake.
        implied = {"fixed_effects"} if set(specification.fixed_effects) <= {specification.unit, specification.time} else set()
        if {"unit", "cluster"} <= set(given) and specification.cluster == (specification.unit,):
            implied.add("cluster")
        if unknown_keys := sorted(set(given) - known - implied):
            takes = ", ".join(map(flag, sorted(known))) or "no columns but those that its options name"
            raise BadOption(
                f"{name} makes no use of {flag(unknown_keys[0])}; it takes {takes}",
                unknown_keys[0],
                getattr(specification, unknown_keys[0], None),
                sorted(known),
            )

    def needs_every_unit(self, specification: Specification) -> str:
        """Return why units cannot be summed up in a stream; empty where they can."""
        name, unit, time = specification.estimator, specification.unit, specification.time
        if not self.streamed:
            return f"{name} needs every unit at once"
        chosen = [key for key, value in specification.options.items() if value != self.options[key].default]
        if others := [option for option in chosen if option not in self.streamed]:
            return f"option {others[0]} of {name} needs every unit at once"
        if specification.options.get("covariance", "default") not in ("default", "cluster"):
            return "errors other than those clustered by unit need every unit at once"
        if not set(specification.cluster) <= {unit}:
            return f"clusters other than the unit ({flag('unit')} {unit}) need every unit at once"
        if specification.fixed_effects and set(specification.fixed_effects) != {unit, time}:
            return "effects other than those of units and periods need every unit at once"
        for columns in ("weights", "controls"):
            if getattr(specification, columns) and columns not in self.streamed:
                return f"{name} with {flag(columns)} needs every unit at once"
        return ""

    def sparing(self, specification: Specification, fields: Collection[str]) -> Specification:
        """Return the specification less those of `fields` that the method has no use of: what a study gives to all its models."""
        known = {one for need in (*self.needs, *self.accepts) for one in need.split("|")}
        unused = {field: type(getattr(specification, field))() for field in fields if field not in known}
        return replace(specification, **unused)

    def _spared(self, need: str, specification: Specification) -> bool:
        option, value = self.unless.get(need, ("", None))
        return bool(option) and specification.options.get(option, self.options[option].default) == value

    def read(self, specification: Specification) -> SimpleNamespace:
        """Return the specification's options over the defaults; unknown names and values are refused."""
        context = f"{specification.name} ({specification.estimator})"
        for name in specification.options:
            if name not in self.options:
                raise unknown(name, self.options, context, "option")
        values = {name: option.default for name, option in self.options.items()}
        for name, value in specification.options.items():
            values[name] = self.options[name].check(name, value, context)
        self._check_together(specification, values, context)
        return SimpleNamespace(**values)

    def need(self, panel: pd.DataFrame, specification: Specification, *more: str) -> None:
        """Raise BadOption unless `panel` holds the method's own columns and `more`, which options name."""
        wanted = list(dict.fromkeys([*self.columns, *more]))
        if absent := [name for name in wanted if name not in panel]:
            raise BadOption(
                f"{specification.estimator} reads the columns {', '.join(wanted)}; the data have no {', '.join(absent)}",
                "columns",
                absent,
                wanted,
            )

    def _check_together(self, specification: Specification, values: dict, context: str) -> None:
        """Raise BadOption for choices that would be ignored beside others: a choice that changes nothing misleads."""
        most = 2 if "two_way" in self.options else 1
        if len(specification.cluster) > most:
            raise BadOption(
                f"{context}: takes {'two cluster variables' if most == 2 else 'one cluster variable'}, not {', '.join(specification.cluster)}",
                "cluster",
                specification.cluster,
                "two columns" if most == 2 else "one column",
            )
        if "cohort|treatment" in self.needs and specification.cohort and specification.treatment:
            raise BadOption(
                f"{context}: takes --cohort or --treatment, not both: they may disagree",
                "treatment",
                specification.treatment,
                "cohort or treatment",
            )
        self._check_beside(specification, values, context)
        covariance = values.get("covariance")
        if covariance is not None and "lags" in specification.options and "lags" in self.options and covariance != "driscoll_kraay":
            raise BadOption(
                f"{context}: option lags belongs to covariance=driscoll_kraay", "lags", values["lags"], "with covariance=driscoll_kraay"
            )
        if covariance in UNCLUSTERED and specification.cluster not in ((), (specification.unit,)):
            raise BadOption(
                f"{context}: covariance={covariance} makes no use of --cluster; leave one of them out",
                "covariance",
                covariance,
                ("default", "cluster", "cr3"),
            )
        if "two_way" in specification.options and len(specification.cluster) != 2:
            raise BadOption(
                f"{context}: option two_way belongs to two cluster variables", "two_way", values["two_way"], "with two cluster variables"
            )
        if covariance == "cluster" and not specification.cluster and not specification.unit:
            raise BadOption(f"{context}: covariance=cluster needs --cluster or --unit", "covariance", covariance, "with cluster or unit")
        window = values.get("event_window")
        if window is not None and (len(window) != 2 or window[0] > window[1] or window[1] < 0):
            raise BadOption(
                f"{context}: option event_window is {window}; it must be [first, last] with last at 0 or after",
                "event_window",
                window,
                "[first, last]",
            )
        effect = values.get("effect_window")
        if effect is not None and (len(effect) != 2 or effect[0] > effect[1]):
            raise BadOption(
                f"{context}: option effect_window is {effect}; it must be [first, last]", "effect_window", effect, "[first, last]"
            )

    def _check_beside(self, specification: Specification, values: dict, context: str) -> None:
        """Raise BadOption for an option given without any of those that it belongs to."""
        for name in specification.options:
            beside = [one for one in self.options[name].beside if one.partition("=")[0] in self.options]
            if beside and not any(_asked(one, values) for one in beside):
                raise BadOption(
                    f"{context}: option {name} changes nothing without {' or '.join(beside)}",
                    name,
                    values[name],
                    f"with {' or '.join(beside)}",
                )


def _asked(option: str, values: dict) -> bool:
    """Return whether `option` (NAME, or NAME=VALUE) is asked for among the `values` of all options."""
    name, _, value = option.partition("=")
    return str(values[name]) == value if value else values[name] not in (None, 0, "", "none", [])


def method_of(name: str, context: str = "--estimator") -> Method:
    """Return the declaration of estimator `name`; raise UnknownName with the nearest names."""
    return import_module(module_of("estimator", name, context)).METHOD
