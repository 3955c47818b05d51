"""Change one choice of a model and see both versions side by side: estimate, interval, N, verdict.

MODEL is a specification of config/specifications or a claim (D1: the first test of it, real evidence first). CHANGE is KEY=VALUE with KEY among
cluster, controls (also controls+=x, controls-=x), fixed_effects, estimator, cohort, treatment, weights, transform,
winsorize, scale and the options of the estimator; drop.COLUMN=VALUE[,VALUE] and keep.COLUMN=VALUE[,VALUE]; COLUMN>=N and
COLUMN<=N. The baseline is the model as the paper has it; where the variant cannot permute dates, its errors without permutations
stand below. Bounds for drift stand beside both versions or neither. Nothing is changed but a small figure.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.core.catalogue import ROOT
from analysis.core.config import load, products
from analysis.core.errors import BadOption, DataError
from analysis.core.estimates import why
from analysis.core.estimation import estimated
from analysis.core.paths import WHATIF, file_of
from analysis.core.storage import is_absent, read_table
from analysis.exhibits.cells import count, number, p_value, prefixed
from analysis.exhibits.display import save_figure
from analysis.review.whatif.changes import Variant, changed, in_another_unit
from analysis.review.whatif.choice import check, named
from analysis.review.whatif.drift import DRAWS, bounds_of_both
from analysis.review.whatif.figure import figure_of
from analysis.review.whatif.reading import row_of, tests_of, verdicts
from analysis.review.whatif.sample import check_values, same_rows
from analysis.review.whatif.words import in_any_order, split

SHOWN = ("estimate", "std_error", "ci_low", "ci_high", "p_value", "n_obs", "n_units", "n_treated", "n_clusters", "inference")


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a specification, or a claim")
    parser.add_argument(
        "changes", nargs="*", default=[], metavar="CHANGE", help="for example drop.province=Guangdong control_group=not_yet_treated"
    )
    parser.add_argument("--set", default="", metavar="'CHANGE ...'", help="changes in one text, values with spaces in quotes")
    parser.add_argument(
        "--honest", action="store_true", help="also recompute the bounds for violations of parallel trends (a minute or two)"
    )
    parser.add_argument("--outcome", default="", help="outcome (default: that of the claim's test, else the first)")
    in_any_order(parser)


def run(chosen: argparse.Namespace) -> int:
    start = time.monotonic()
    study = load()
    words = [*chosen.changes, *split(chosen.set, "whatif")]
    model, outcome = named(study, chosen.model, chosen.outcome, lambda panel: _evidence(study, panel) == "real")
    settings, about = study["specifications"][model], study["outcomes"].get(outcome)
    columns = study["contracts"][settings["panel"]]["columns"]
    variant = changed(settings, about, words, columns, "whatif")
    check(model, variant, outcome)
    panel = _panel(study, settings["panel"])
    _check_sample(panel, settings, variant)
    contract = study["contracts"]["estimate"]
    tests = tests_of(study["claims"], model, outcome)
    baseline = Variant(settings, about)
    if not chosen.honest:
        baseline, variant = _without(baseline, "honest"), _without(variant, "honest")
    variant, estimates, alike = _estimated(baseline, variant, words, partial(_estimate, panel, model, outcome, contract))
    bounds = _bounds(study, panel, outcome, words, {test["honest"] for _, test in tests if "honest" in test}, chosen.honest)
    both = [
        (rows, row_of(rows, tests[0][1] if tests else None), verdicts(rows, tests, honest, in_another_unit(about, version.outcome)))
        for rows, honest, version in zip(estimates, bounds, (baseline, variant), strict=True)
    ]
    simulated = panel.attrs["evidence"] == "simulated"
    label = about["label"] if about else settings["title"]
    print("\n".join(_page(f"{model}, {label}{' (SIMULATED)' if simulated else ''}", variant.said, both)))
    if alike is not None:
        print(_without_permutations(row_of(alike, tests[0][1] if tests else None)))
    # Two versions in two units share no name of an axis.
    unit = "" if about is None or in_another_unit(about, variant.outcome) else about["unit"]
    path = _draw(f"{model}: {label}", unit, model, outcome, words, both, panel.attrs["evidence"])
    print(f"\nFigure: {path}   ({time.monotonic() - start:.1f} s; nothing else was changed)")
    return 0


def _check_sample(panel: pd.DataFrame, settings: dict, variant: Variant) -> None:
    """Refuse values that no row has, and say where the words about the sample changed nothing."""
    check_values(panel, variant.selected, "whatif")
    if same_rows(panel, settings.get("where", {}), variant.settings.get("where", {})):
        variant.said.append("(the sample stays the same: no row is added or left out)")


def _bounds(study: dict, panel: pd.DataFrame, outcome: str, words: list[str], names: set[str], asked: bool) -> list[dict]:
    """Return the companions' rows by name, of the baseline and of the variant."""
    stored = {name: ROOT / file_of("estimates", name, outcome=outcome) for name in names}
    pairs = {name: bounds_of_both(study, panel, name, outcome, words, asked, path) for name, path in stored.items()}
    return [{name: pair[side] for name, pair in pairs.items()} for side in (0, 1)]


def _estimate(panel: pd.DataFrame, model: str, outcome: str, contract: dict, version: Variant) -> pd.DataFrame:
    try:
        return estimated(panel, model, version.settings, outcome, version.outcome, contract)
    except BadOption as error:
        raise BadOption(f"whatif: {error}", error.option, error.value, error.valid) from error


def _estimated(
    baseline: Variant, variant: Variant, words: list[str], estimate: Callable
) -> tuple[Variant, list[pd.DataFrame], pd.DataFrame | None]:
    """Return the variant as it could be estimated, the estimates of both, and those of the baseline without permutations or None.

    Dates are permuted among units, which other clusters or controls forbid: then the variant has its own errors, and the baseline
    keeps the inference of the paper and has the variant's beside it, so that like can be compared with like. Any other choice that an
    estimator cannot use is refused.
    """
    try:
        rows = estimate(variant)
    except BadOption as error:
        if error.option not in DRAWS or any("draws" in word.partition("=")[0] for word in words):
            raise
    else:
        return variant, [estimate(baseline), rows], None
    variant = _without(variant, *DRAWS)
    variant.said.append("(this choice turns the permutation of dates off: the variant has other errors than the baseline)")
    return variant, [estimate(baseline), estimate(variant)], estimate(_without(baseline, *DRAWS))


def _without_permutations(row: pd.Series) -> str:
    ends = f"{_cell('ci_low', row['ci_low'])} to {_cell('ci_high', row['ci_high'])}"
    return f"baseline  without permutations, as the variant: {ends}, p {prefixed(row['p_value'])} ({row['inference']})"


def _without(version: Variant, *options: str) -> Variant:
    """Return the version without the options that begin with one of `options`."""
    kept = {key: value for key, value in version.settings.get("options", {}).items() if not key.startswith(options)}
    return replace(version, settings={**version.settings, "options": kept})


def _path(study: dict, name: str) -> Path:
    return ROOT / file_of(products(study)[name], name)


def _evidence(study: dict, name: str) -> str:
    """Return the evidence grade of a panel; none where it is not built."""
    path = _path(study, name)
    return read_table(path).attrs["evidence"] if path.exists() else "none"


def _panel(study: dict, name: str) -> pd.DataFrame:
    path = _path(study, name)
    if not path.exists():
        raise DataError(f"{path.relative_to(ROOT).as_posix()} is not there yet: run `make` first, which builds it")
    panel = read_table(path)
    if is_absent(panel):
        raise DataError(f"panel {name} is empty: {is_absent(panel)}")
    return panel


def _page(title: str, said: list[str], both: list[tuple]) -> list[str]:
    (_, first, first_verdicts), (_, second, second_verdicts) = both
    lines = [title, f"changed: {' '.join(said) or 'nothing'}", "", f"{'':14}{'baseline':>24}{'variant':>24}"]
    for name in SHOWN:
        lines.append(f"{name:14}{_cell(name, first[name]):>24}{_cell(name, second[name]):>24}")
    for label, row in (("baseline", first), ("variant", second)):
        if pd.notna(row["reason"]):
            lines.append(f"{label}: {why(row)}")
    for label, found in (("baseline", first_verdicts), ("variant", second_verdicts)):
        lines += [f"{label:9} {line}" for line in found]
    return lines


def _cell(name: str, value: Any) -> str:
    if pd.isna(value):
        return "-"
    if name == "p_value":
        return p_value(value)
    return count(value) if name.startswith("n_") else value if isinstance(value, str) else number(value, 4)


def _draw(title: str, unit: str, model: str, outcome: str, words: list[str], both: list[tuple], evidence: str) -> str:
    """Draw both versions and return the figure's path."""
    figure = figure_of(title, unit, " ".join(words), [rows for rows, _, _ in both], [row for _, row, _ in both])
    mark = zlib.crc32(" ".join([outcome, *words]).encode())
    path = Path(WHATIF) / f"{model}-{mark:08x}.png"
    save_figure(figure, [str(ROOT / path)], evidence)
    return path.as_posix()
