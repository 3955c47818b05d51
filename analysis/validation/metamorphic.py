"""What must not change, and what must change by algebra alone: every estimator under every harmless change of its data.

A metamorphic test needs no right value: it holds two runs against each other (Chen, Cheung and Yiu 1998). Rows may be
permuted, columns renamed to words that the suite itself uses, names and periods written otherwise, types and files changed,
and nothing follows; an outcome or a regressor in other units gives the same p-values, and estimates times a power of the
unit. Data are simulated (checks._trial_data); a method that nothing is said of below runs on what it declares to need.
"""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.core.catalogue import modules
from analysis.core.estimates import NotIdentified
from analysis.core.method import method_of
from analysis.core.specification import LISTS, NAMES, SINGLE, Specification, columns_of
from analysis.sources.files.file import read
from analysis.validation import _trial_data

TOLERANCE = 1e-8
NUMBERS = ("estimate", "std_error", "ci_low", "ci_high", "ci90_low", "ci90_high", "p_value", "mde80", "within_sd")
COUNTS = ("n_obs", "n_units", "n_treated", "n_clusters", "n_treated_clusters", "event_time", "draws")
SHIFT = 2.0**27
SCALES = (1e-9, 1e9)
# Names that the suite gives to columns of its own, or to terms.
RESERVED = (
    "outcome", "unit", "time", "cohort", "treatment", "const", "att", "event", "entry", "duration", "stack", "cell", "treated",
    "event_time", "weights", "mean_x", "lower", "upper", "index", "Intercept",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One estimator on one table: the table's name in checks._trial_data, the fields and options of its specification, a seed."""

    estimator: str
    table: str
    fields: dict
    options: dict
    seed: int = 1

    def data(self) -> pd.DataFrame:
        return getattr(_trial_data, self.table)(self.seed)

    def specification(self) -> Specification:
        return Specification(f"trial of {self.estimator}", self.estimator, options=self.options, seed=7, **self.fields)


PANEL = {"outcome": "y", "unit": "firm", "time": "year"}
COHORT = {**PANEL, "cohort": "g"}
STATIC = {**PANEL, "treatment": "d", "controls": ("x",)}
SPELL = {"duration": "months", "event": "failed"}
RISK = {**SPELL, "unit": "id", "entry": "start", "treatment": "tr", "controls": ("x",)}
# What differs from the columns that a method declares: another kind of outcome, options that it cannot do without, few draws.
SETTINGS: dict[str, dict] = {
    "arellano_bond": {"fields": {**PANEL, "controls": ("x",)}, "options": {"collapse": True}},
    "blundell_bond": {"fields": {**PANEL, "controls": ("x",)}, "options": {"collapse": True}},
    "attrition_bounds": {"table": "stacks", "options": {"event_times": [1], "bootstrap_draws": 19}},
    "between": {"fields": {**PANEL, "controls": ("x", "size")}},
    "binomial_share": {"table": "deals", "fields": {}, "options": {"hit": "green", "hit_value": "yes"}},
    "competing_risks": {"fields": {"duration": "months", "event": "kind", "strata": ("sector",)}, "options": {"times": [4.0, 8.0]}},
    "concentration": {"table": "deals", "fields": {"unit": "place"}, "options": {"bootstrap_draws": 19}},
    "country_exposure": {"options": {"country": "place", "exposed": "p3", "first": 2005, "min_units": 2}},
    "de_chaisemartin_dhaultfoeuille": {"fields": {**PANEL, "treatment": "switch"}, "options": {"effects": 2}},
    "discrete_time_hazard": {"fields": {"duration": "whole", "event": "failed", "treatment": "tr", "controls": ("x",)}},
    "fine_gray": {"fields": {"duration": "months", "event": "kind", "treatment": "tr", "controls": ("x",)}},
    "fractional_response": {"fields": {**STATIC, "outcome": "share"}},
    "gray_test": {"fields": {"duration": "months", "event": "kind", "strata": ("sector",)}},
    "kaplan_meier": {"fields": {**SPELL, "entry": "start", "strata": ("sector",)}, "options": {"times": [4.0, 8.0]}},
    "log_rank": {"fields": {**SPELL, "strata": ("sector",)}},
    "misclassification_bounds": {"options": {"n_hidden": 1, "hidden_cohorts": [2005], "randomization_draws": 19}},
    "mixture_cure": {"fields": {**SPELL, "treatment": "tr"}},
    "mixture_cure_regression": {"fields": {**SPELL, "treatment": "tr", "controls": ("x",), "cluster": ("city",)}},
    "order_of_appearance": {"table": "deals", "fields": {"time": "year"}, "options": {"column": "underlying", "bootstrap_draws": 19}},
    "poisson_pseudo_likelihood": {"fields": {**STATIC, "outcome": "count", "fixed_effects": ("firm", "year")}},
    "poisson_trend": {"table": "deals", "fields": {"time": "year"}},
    "quantile_regression": {"fields": {"outcome": "y", "treatment": "d", "controls": ("x",)}, "options": {"bootstrap_draws": 9}},
    "rate_ratio": {"table": "series", "fields": {}},
    "recurrent_events": {"table": "histories", "fields": {**RISK, "treatment": "", "controls": ("x",)}},
    "restricted_mean_survival": {"fields": {**SPELL, "entry": "start", "treatment": "tr"}},
    "romano_wolf": {"options": {"outcomes": ["y2"], "draws": 19}},
    "romano_wolf_cohorts": {"options": {"outcomes": ["y2"], "draws": 19}},
    "romano_wolf_stacks": {"table": "stacks", "options": {"cell": "cell", "outcomes": ["y2"], "draws": 19, "event_window": [-3, 2], "effect_window": [0, 2]}},
    "stacked_did": {"fields": COHORT, "options": {"event_window": [-3, 2], "effect_window": [0, 2]}},
    "synthetic_cases": {"table": "few"},
    "synthetic_control": {"table": "few"},
    "synthetic_did": {"table": "few", "options": {"placebo_draws": 9}},
    "triple_difference": {"options": {"eligible": "eligible"}},
    "two_stage_least_squares": {
        "fields": {**PANEL, "treatment": "price", "controls": ("x",), "instruments": ("z",), "fixed_effects": ("firm", "year")}
    },
}  # fmt: skip
# The column that a method uses for a field, where SETTINGS does not say.
STANDARD = {
    "outcome": "y", "unit": "firm", "time": "year", "cohort": "g", "treatment": "d", "controls": ("x",), "duration": "months",
    "event": "failed", "instruments": ("z",), "strata": ("sector",), "upper": "upper",
}  # fmt: skip


def case_of(estimator: str) -> Case:
    """Return the case of an estimator: what SETTINGS says, else the standard column of each field it needs."""
    method, settings = method_of(estimator), SETTINGS.get(estimator, {})
    fields = settings.get("fields")
    if fields is None:
        fields = {need.split("|")[0]: STANDARD[need.split("|")[0]] for need in method.needs}
        if "duration" in fields and "treatment" in fields:
            fields |= {"treatment": "tr", "controls": ("x",)}
        if "duration" in fields and "entry" in method.accepts:
            fields |= {"entry": "start"}
        if "cohort|treatment" in method.needs and "controls" in method.accepts and not settings.get("options"):
            fields |= {"controls": ("x",)}
    table = settings.get("table", "spells" if "duration" in fields else "panel")
    return Case(estimator, table, {field: value for field, value in fields.items() if value}, settings.get("options", {}))


def run(data: pd.DataFrame, specification: Specification) -> list[dict] | str:
    """Return the rows, or the code of the refusal."""
    try:
        return import_module(f"analysis.estimators.{specification.estimator}").estimate(data, specification)
    except NotIdentified as error:
        return error.code


# ---------------------------------------------------------------------- comparing two runs


def _numbers(rows: list[dict]) -> np.ndarray:
    """Return the numbers (rows, NUMBERS + COUNTS), NaN where a row has none."""
    return np.array([[_number(row.get(key)) for key in NUMBERS + COUNTS] for row in rows], dtype=float)


def _number(value: object) -> float:
    return np.nan if value is None or value is pd.NA else float(value)  # type: ignore[arg-type]


def same(before: list[dict] | str, after: list[dict] | str, factors: np.ndarray | None = None) -> str:
    """Return "" if both runs have the same rows, the first one's numbers times `factors` (rows, numbers), else what differs.

    Numbers agree within TOLERANCE of the larger of their size and their row's standard error: an effect that is nil but for
    rounding has no relative precision.
    """
    if isinstance(before, str) or isinstance(after, str):
        return "" if before == after else f"refused: {before if isinstance(before, str) else after}"
    if len(before) != len(after):
        return f"{len(before)} rows, then {len(after)}"
    if not before:
        return ""
    old, new = _numbers(before), _numbers(after)
    old = old if factors is None else old * factors
    with np.errstate(invalid="ignore"):
        size = np.maximum(np.abs(old), np.nan_to_num(np.abs(old[:, [1]])))
        apart = ~((np.abs(new - old) <= TOLERANCE * size) | (np.isnan(new) & np.isnan(old)) | (new == old))
    # A p-value near one is as exact as the t-ratio behind it.
    apart[:, NUMBERS.index("p_value")] &= ~(np.abs(new - old)[:, NUMBERS.index("p_value")] <= TOLERANCE)
    if not apart.any():
        return ""
    row, column = np.argwhere(apart)[0]
    return f"{before[row]['term']}, {(NUMBERS + COUNTS)[column]}: {old[row, column]:.12g}, then {new[row, column]:.12g}"


def powers(before: list[dict], after: list[dict], factor: float, keys: tuple[str, ...] = ("std_error", "estimate")) -> np.ndarray:
    """Return for each row (rows,) the whole power of `factor` by which it changed: what the term's unit says.

    Standard errors tell it where there are some, since an estimate may be nil.
    """
    found = np.zeros(len(before))
    for position, (old, new) in enumerate(zip(before, after, strict=True)):
        for key in keys:
            one, other = abs(_number(old.get(key))), abs(_number(new.get(key)))
            if one > 0 and other > 0 and np.isfinite(one * other):
                found[position] = np.round(np.log(other / one) / np.log(factor))
                break
    return found


# ---------------------------------------------------------------------- the changes


Change = Callable[[pd.DataFrame, Specification], tuple[pd.DataFrame, Specification]]


def _used(specification: Specification) -> list[str]:
    """Return the columns that a specification names, those of options left out."""
    return list(columns_of(specification))


def _option_columns(specification: Specification) -> dict[str, list[str]]:
    method = method_of(specification.estimator)
    named = {name: specification.options.get(name) for name, option in method.options.items() if option.columns}
    return {name: value if isinstance(value, list) else [value] for name, value in named.items() if value}


def renamed(data: pd.DataFrame, specification: Specification, turn: int = 0) -> tuple[pd.DataFrame, Specification]:
    """Return both with every named column under a reserved word; `turn` says which gets which."""
    fixed = set(method_of(specification.estimator).columns)
    further = [name for names in _option_columns(specification).values() for name in names if isinstance(name, str) and name in data]
    used = [name for name in dict.fromkeys([*_used(specification), *further]) if name not in fixed]
    words = [word for word in RESERVED[turn:] + RESERVED[:turn] if word not in fixed]
    mapping = dict(zip(used, words, strict=False))
    single = {field: mapping.get(getattr(specification, field), getattr(specification, field)) for field in SINGLE}
    lists = {field: tuple(mapping.get(name, name) for name in getattr(specification, field)) for field in LISTS}
    options = dict(specification.options)
    for name, values in _option_columns(specification).items():
        changed = [mapping.get(value, value) for value in values]
        options[name] = changed if isinstance(options[name], list) else changed[0]
    kept = [name for name in data if name in used or name in fixed]
    return data[kept].rename(columns=mapping), replace(specification, options=options, **single, **lists)  # type: ignore[arg-type]


def permuted(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    return data.sample(frac=1, random_state=3).reset_index(drop=True), specification


def _named(specification: Specification) -> list[str]:
    """Return the columns that only hold names."""
    numeric = {getattr(specification, field) for field in SINGLE if field not in NAMES} | {
        *specification.controls,
        *specification.instruments,
    }
    fields = [specification.unit, *specification.fixed_effects, *specification.cluster, *specification.strata]
    return [name for name in dict.fromkeys(fields) if name and name not in numeric]


def relabelled(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return units, clusters and strata under other numbers in the same order."""
    names = {name: data[name].rank(method="dense").astype(int) * 7 + 3 for name in _named(specification) if data[name].dtype.kind in "iu"}
    return data.assign(**names), specification


def texts(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return units, clusters and strata as text with zeros before them."""
    names = {name: data[name].map("{:04d}".format) for name in _named(specification) if data[name].dtype.kind in "iu"}
    return data.assign(**names), specification


def categories(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return names as categories with a level that no row has."""
    names = {
        name: pd.Categorical(data[name], categories=[*sorted(data[name].unique()), *_spare(data[name])]) for name in _named(specification)
    }
    return data.assign(**names), specification


def _spare(column: pd.Series) -> list:
    return [column.max() + 1] if column.dtype.kind in "iu" else ["no row has it"]


def nullable(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    return data.convert_dtypes(), specification


def decimals(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return numbers as decimals, 0/1 columns as truth values, and names as floats."""
    changed = {}
    for name in _used(specification):
        column = data[name]
        if name in _named(specification):
            changed[name] = column.astype(float) if column.dtype.kind in "iu" else column
        elif column.dtype.kind == "f" and column.notna().all():
            changed[name] = column.map(lambda value: Decimal(repr(float(value))))
        elif column.dtype.kind in "iu" and set(column) == {0, 1}:
            changed[name] = column.astype(bool)
    return data.assign(**changed), specification


def unused(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return the table with columns that nothing names, some of them empty or of another kind."""
    return data.assign(zz=np.nan, when=pd.Timestamp("2020-01-01"), text="NA", Unnamed=None), specification


def biennial(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return the panel in waves every second year."""
    return _retimed(data, specification, lambda year: 1950 + 2 * (year - 2000))


def quarters(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return the panel in quarters, written 20191."""
    return _retimed(data, specification, lambda year: (2010 + (year - 2000) // 4) * 10 + (year - 2000) % 4 + 1)


def dates(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """Return the panel in months, written as days, with the word that they are months."""
    changed, specification = _retimed(data, specification, lambda year: year)
    for name in filter(None, (specification.time, specification.cohort)):
        months = changed[name].where(changed[name] > 0)
        changed[name] = pd.to_datetime(
            months.map(lambda m: datetime.date(2010 + int(m - 2000) // 12, int(m - 2000) % 12 + 1, 9), na_action="ignore")
        )
    return changed, replace(specification, frequency="month")


def _retimed(data: pd.DataFrame, specification: Specification, rule: Callable) -> tuple[pd.DataFrame, Specification]:
    changed = {specification.time: rule(data[specification.time])}
    if specification.cohort:
        cohort = data[specification.cohort]
        changed[specification.cohort] = rule(cohort).where(cohort > 0, 0)
    return data.assign(**changed), specification


def never(code: float) -> Change:
    """Return the change that codes never treated otherwise."""

    def change(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
        cohort = data[specification.cohort].astype(float)
        return data.assign(**{specification.cohort: cohort.where(cohort > 0, code)}), specification

    return change


def through(suffix: str) -> Change:
    """Return the change that writes the table to a file and reads it back as a user's file is read."""

    def change(data: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Specification]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"table{suffix}"
            WRITERS[suffix](data, path)
            roles = {column: set(fields) for column, fields in columns_of(specification).items()}
            further = [name for names in _option_columns(specification).values() for name in names if isinstance(name, str)]
            return read(str(path), roles, also=[*further, *method_of(specification.estimator).columns]), specification

    return change


WRITERS: dict[str, Callable] = {
    ".csv": lambda data, path: data.to_csv(path, index=False),
    ".parquet": lambda data, path: data.to_parquet(path, index=False),
    ".dta": lambda data, path: data.to_stata(path, write_index=False, version=118),
    ".xlsx": lambda data, path: data.to_excel(path, index=False),
}


def scaled(column: str, factor: float) -> Change:
    return lambda data, specification: (data.assign(**{column: data[column] * factor}), specification)


def shifted(column: str) -> Change:
    return lambda data, specification: (data.assign(**{column: data[column] + SHIFT}), specification)


# ---------------------------------------------------------------------- which changes apply, and what they may do

# An outcome in other units is another outcome: a count or a share.
FIXED_OUTCOME = ("fractional_response",)
# Neither a constant nor effects take up a shift of the outcome (lags of it do, with period dummies, only in differences).
MOVED_BY_OUTCOME = ("poisson_pseudo_likelihood", "fractional_response", "blundell_bond")
# Terms that hold the level of the outcome or of a regressor.
CLOCKS = ("const", "median", "survival", "restricted_mean", "rmst", "mean", "log_scale", "scale", "difference")
LEVELS = ("const", "theta", "pooled", "L1.", "mean_", "first_year", "ends:const", "survival")


def changes_of(case: Case) -> dict[str, Change]:
    """Return the changes after which nothing may differ."""
    specification, data = case.specification(), case.data()
    found: dict[str, Change] = {
        "rows permuted": permuted,
        "columns named as our own": renamed,
        "columns named as our own, otherwise": lambda d, s: renamed(d, s, 9),
        "nullable types": nullable,
        "decimals and truth values": decimals,
        "columns that nothing names": unused,
        "through CSV": through(".csv"),
        "through Parquet": through(".parquet"),
        "through Stata": through(".dta"),
        "through Excel": through(".xlsx"),
    }
    if _named(specification):
        found |= {"names relabelled": relabelled, "names as text": texts, "names as categories": categories}
    method = method_of(case.estimator)
    if (
        specification.time
        and data[specification.time].nunique() == _trial_data.PERIODS
        and not method.periods_as_written
        and not method.columns
    ):
        found |= {"every second year": biennial, "quarters as YYYYQ": quarters, "months as dates": dates}
    if specification.cohort and (data[specification.cohort] == 0).any():
        found |= {"never as blank": never(np.nan), "never as 9999": never(9999), "never as infinity": never(np.inf)}
        if method.knows_later_cohorts:
            del found["never as 9999"]
    return found


def regressors_of(specification: Specification) -> list[str]:
    """Return the continuous columns whose unit or origin may be chosen freely."""
    treatment = [specification.treatment] if specification.treatment == "price" else []
    return [*treatment, *specification.controls, *specification.instruments]


def check_scale(case: Case, column: str, before: list[dict]) -> str:
    """Return "" if the column in other units changes every estimate by a whole power of the unit, and no p-value."""
    data, specification = case.data(), case.specification()
    for factor in SCALES:
        after = run(*scaled(column, factor)(data, specification))
        if isinstance(after, str) or len(after) != len(before):
            return f"times {factor:g}: " + (same(before, after) or "refused")
        power = powers(before, after, factor)
        if (np.abs(power) > 2).any():
            return f"times {factor:g}: {before[int(np.argmax(np.abs(power) > 2))]['term']} changes out of proportion"
        factors = np.ones((len(before), len(NUMBERS + COUNTS)))
        moved = [i for i, key in enumerate(NUMBERS) if key not in ("p_value", "within_sd")]
        factors[:, moved] = factor ** power[:, None]
        factors[:, NUMBERS.index("within_sd")] = factor ** powers(before, after, factor, ("within_sd",))
        if difference := same(before, after, factors):
            return f"times {factor:g}: {difference}"
    return ""


def check_shift(case: Case, column: str, before: list[dict]) -> str:
    """Return "" if another origin of the column leaves all but levels as they are."""
    after = run(*shifted(column)(case.data(), case.specification()))
    if isinstance(after, str) or len(after) != len(before):
        return same(before, after) or "refused"
    kept = [i for i, row in enumerate(before) if not any(level in row["term"] for level in LEVELS)]
    return same([before[i] for i in kept], [after[i] for i in kept])


def check_clock(case: Case, before: list[dict]) -> str:
    """Return "" if durations in other units leave all but the level and quantities of time as they are."""
    data, specification = case.data(), case.specification()
    if specification.duration == "whole":
        return ""  # counts periods
    columns = [getattr(specification, field) for field in ("duration", "entry", "upper") if getattr(specification, field)]
    after = run(data.assign(**{column: data[column] * 1024 for column in columns}), specification)
    if isinstance(after, str) or len(after) != len(before):
        return same(before, after) or "refused"
    free = [i for i, row in enumerate(before) if not row["term"].startswith(CLOCKS)]
    return same([before[i] for i in free], [after[i] for i in free])


def outcomes_of(case: Case, left_out: tuple[str, ...] = ()) -> dict[str, str]:
    """Return for each change of this estimator's data, but those `left_out`, "" where it held, else the first difference."""
    data, specification = case.data(), case.specification()
    before = run(data, specification)
    if isinstance(before, str) or not any(np.isfinite(_number(row.get("estimate"))) for row in before):
        raise AssertionError(f"{case.estimator}: nothing is estimated from the trial data ({before})")
    found = {name: same(before, run(*change(data, specification))) for name, change in changes_of(case).items() if name not in left_out}
    outcome = specification.outcome
    if outcome and case.estimator not in FIXED_OUTCOME:
        found["outcome in other units"] = check_scale(case, outcome, before)
    if specification.duration and not {"times", "horizon"} & set(specification.options) and case.table == "spells":
        found["durations in other units"] = check_clock(case, before)
    if outcome and case.estimator not in MOVED_BY_OUTCOME:
        found["outcome from another origin"] = check_shift(case, outcome, before)
    for column in regressors_of(specification):
        scale, shift = check_scale(case, column, before), check_shift(case, column, before)
        found["a regressor in other units"] = found.get("a regressor in other units", "") or (scale and f"{column} {scale}")
        found["a regressor from another origin"] = found.get("a regressor from another origin", "") or (shift and f"{column}: {shift}")
    return found


def check() -> pd.DataFrame:
    """Return one row per estimator and change: whether it held, and the first difference where it did not."""
    rows = []
    for estimator in modules("estimator"):
        for change, difference in outcomes_of(case_of(estimator)).items():
            rows.append({"estimator": estimator, "change": change, "held": difference == "", "difference": difference})
    result = pd.DataFrame(rows)
    result.attrs = {"evidence": "simulated"}
    return result
