"""The configuration: read, checked against its schemas and against the code, before any job starts."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from analysis.core import plausibility
from analysis.core.catalogue import ROOT, ingredients, module_of, modules, outcomes_of
from analysis.core.checked_yaml import read_yaml
from analysis.core.claim_tests import tests_of, with_bounds
from analysis.core.comparisons import ARGUMENT, listed, products_of, whole
from analysis.core.documents import documents
from analysis.core.errors import ConfigError, UnknownName, unknown
from analysis.core.freeze import designs
from analysis.core.inheritance import resolved
from analysis.core.rawfiles import is_simulated
from analysis.core.specification import columns_of
from analysis.core.study_specifications import read_specifications

CONFIG = ROOT / "config"

# Arguments that stand for a section of the configuration instead of a product.
SECTIONS = (
    "outcomes",
    "specifications",
    "claims",
    "contracts",
    "exhibits",
    "published",
    "simulation",
    "panels",
    "raw",
    "freeze",
    "designs",
)
VERDICTS = "verdicts"
RECOVERIES = "recoveries"
MONTECARLO = "montecarlo"
NAME = re.compile(r"\w+")
JOINT = "{}_joint"  # the tests of all specifications of a curve
# Canonical tables that a reader's own files fill.
FIRM_TABLES = ("firm_accounts", "financing_events", "projects")


def load(config: Path = CONFIG) -> dict:
    """Return the checked configuration: study.yaml with specifications, `raw`, `contracts`, `claims` and `numbers` added.

    Titles and notes of exhibits stand beside the text, in paper/exhibits.yaml next to the folder `config`.

    Raises ConfigError or UnknownName that names the file, the place and the nearest valid name.
    """
    study = read_yaml(config / "study.yaml", "study")
    study["specifications"], places = read_specifications(config / "specifications", study["specifications"])
    study["exhibits"] = read_yaml(config.parent / "paper" / "exhibits.yaml", "exhibits")["exhibits"]
    study["raw"], study["contracts"] = _contracts(config)
    adapters = {path.stem: read_yaml(path, "adapter") for path in sorted((config / "sources" / "firms").glob("*.yaml"))}
    _inherit_maps(adapters)
    for raw in study["raw"].values():
        if "folder" in raw:
            raw |= {"adapters": adapters, "tables": {name: study["contracts"][name] for name in FIRM_TABLES}}
    study["simulation"] = read_yaml(config / "simulation.yaml", "simulation")["simulation"]
    claims = read_yaml(config / "claims.yaml", "claims")
    study["numbers"] = read_yaml(config / "numbers.yaml", "numbers")["numbers"]
    study["published"] = read_yaml(config / "published.yaml", "published", "published")["published"]
    study["montecarlo"] = read_yaml(config / "montecarlo.yaml", "montecarlo", "montecarlo")["montecarlo"]
    study["verification"] = read_yaml(config / "verification.yaml", "verification")["verification"]
    study["specification_curves"] = read_yaml(config / "specification_curves.yaml", "specification_curves", "specification_curves")[
        "specification_curves"
    ]
    study["deposit"] = read_yaml(config / "deposit.yaml", "deposit")["deposit"]
    _check_names(study)
    for name, specification in study["specifications"].items():
        panel = study["panels"].get(specification["panel"], {})
        for key in ("unit", "time", "cluster"):
            specification.setdefault(key, panel.get(key, [] if key == "cluster" else ""))
        if "family" in specification:
            specification["family_outcomes"] = _family(places[name], specification, study["outcomes"])
        if "against" in specification:
            specification["family_outcomes"] = _against(places[name], specification, study["outcomes"])
        # One seed for two specifications whose samples may agree: their lines then differ by design alone, not by draws.
        drawn_as = specification.get("seed_of", name)
        if drawn_as not in study["specifications"]:
            raise unknown(drawn_as, study["specifications"], f"{places[name]}: seed_of", "specification")
        specification.setdefault("seed", zlib.crc32(f"{study['seed']} {drawn_as}".encode()))
    study["claims"] = _bounded(study["specifications"], **claims)
    study["freeze"] = read_yaml(config / "freeze.yaml", "freeze")["freeze"]
    study["exhibits"] = whole(study["exhibits"])
    study["simulated_firms"] = is_simulated(study["raw"]["firm_files"])
    study["documents"] = documents(study["exhibits"], study["numbers"], study["simulated_firms"])
    _check_products(study)
    _check_specifications(study, places)
    _check_methods(study)
    _check_exhibits(study)
    _check_readers(study)
    _check_curves(study)
    study["designs"] = designs(study)
    return study


def _check_names(study: dict) -> None:
    """Refuse names that could not be names of files in their folder, and raw files outside the folders of raw files."""
    for section in ("outcomes", "specifications", "exhibits", "specification_curves", "numbers", "montecarlo"):
        for name in study[section]:
            if not NAME.fullmatch(str(name)):
                raise ConfigError(f"{section}: the name {str(name)!r} may hold letters, digits and _ only")
    for source, contract in study["raw"].items():
        for path in (contract.get("file", ""), *contract.get("files", {}).values(), contract.get("folder", "")):
            if Path(path).is_absolute() or ".." in Path(path).parts:
                raise ConfigError(f"config/sources/{source}.yaml: {path!r} leads out of the folders of raw files")
        plausibility.check_names(source, contract)


def _inherit_maps(adapters: dict) -> None:
    """Give each table of a column map with `inherits` the rules of the table it names where it has none of its own."""
    for name, adapter in adapters.items():
        for label, layout in adapter["tables"].items():
            if "inherits" not in layout:
                continue
            source, _, table = layout["inherits"].partition(".")
            if table not in adapters.get(source, {}).get("tables", {}):
                raise ConfigError(f"config/sources/firms/{name}.yaml: tables.{label}.inherits: no table '{layout['inherits']}'")
            for part in ("long", "columns", "also_called", "keep", "prefer"):
                theirs = adapters[source]["tables"][table].get(part, {})
                if theirs:
                    layout[part] = {**theirs, **layout.get(part, {})}


def _bounded(specifications: dict, event_studies: dict[str, list[str]], claims: dict) -> dict:
    """Return the claims with the event study behind each test; every specification that `event_studies` names must be one."""
    for name, companions in event_studies.items():
        for one in (name, *companions):
            if one not in specifications:
                raise unknown(one, specifications, "config/claims.yaml: event_studies", "specification")
    return with_bounds(claims, event_studies, {name: outcomes_of(about) for name, about in specifications.items()})


def _contracts(config: Path) -> tuple[dict, dict]:
    """Return the contracts of raw files and of tables, with the columns that they take over from one another."""
    raw = {path.stem: read_yaml(path, "source") for path in sorted((config / "sources").glob("*.yaml"))}
    tables = {path.stem: read_yaml(path, "table") for path in sorted((config / "tables").glob("*.yaml"))}
    if both := sorted(set(raw) & set(tables)):
        raise ConfigError(f"config/sources and config/tables: one name, two contracts: {', '.join(both)}")
    whole = resolved({**raw, **tables})
    return {name: whole[name] for name in raw}, {name: whole[name] for name in tables}


def _family(place: str, specification: dict, outcomes: dict) -> dict[str, dict]:
    """Return the outcomes tested together with the specification's own: name → block."""
    wanted = specification["family"]
    wanted = [wanted] if isinstance(wanted, str) else wanted
    members = {other: about for other, about in outcomes.items() if about.get("family") in wanted}
    own = specification.get("outcomes", [])
    if len(own) != 1 or own[0] not in members or len(members) < 2:
        known = ", ".join(sorted({about["family"] for about in outcomes.values() if "family" in about}))
        raise ConfigError(f"{place}: names one outcome, of a family with others (families: {known})")
    return {other: about for other, about in members.items() if other != own[0]}


def _against(place: str, specification: dict, outcomes: dict) -> dict[str, dict]:
    """Return the outcome that the specification's own, of which there is one, is compared with: name → block."""
    other, own = specification["against"], specification.get("outcomes", [])
    if other not in outcomes:
        raise unknown(other, outcomes, f"{place}: against", "outcome")
    if "family" in specification or len(own) != 1 or own[0] == other:
        raise ConfigError(f"{place}: against compares the one outcome of the specification with another, and takes no family")
    return {other: outcomes[other]}


def products(study: dict) -> dict[str, str]:
    """Return product name → kind, for everything that an argument may name."""
    return {
        **dict.fromkeys(modules("source"), "source"),
        **dict.fromkeys(modules("panel"), "panel"),
        **dict.fromkeys(study["specifications"], "estimates"),
        **dict.fromkeys(study["specification_curves"], "curve"),
        **dict.fromkeys((JOINT.format(name) for name in study["specification_curves"]), "curve_joint"),
        **dict.fromkeys(modules("facts"), "facts"),
        **dict.fromkeys(modules("check"), "check"),
        VERDICTS: "verdicts",
        RECOVERIES: "verdicts",
        MONTECARLO: "montecarlo",
    }


def _check_products(study: dict) -> None:
    for kind, known, verb in (("source", set(study["raw"]), "clean"), ("panel", set(modules("source")) | set(modules("panel")), "build")):
        for name, path in modules(kind).items():
            if name not in study["contracts"]:
                raise unknown(name, study["contracts"], f"{path} has no contract in config/tables/", "table")
            for argument in ingredients(kind, name):
                if argument not in known and not (kind == "panel" and argument == "settings"):
                    raise unknown(argument, known, f"{path}: {verb}()", "raw file" if kind == "source" else "product")
    for name, path in modules("check").items():
        if name not in study["contracts"]:
            raise unknown(name, study["contracts"], f"{path} has no contract in config/tables/", "table")
    taken = [set(modules(kind)) for kind in ("source", "panel", "facts", "check")] + [
        set(study["specifications"]),
        set(study["specification_curves"]),
        {JOINT.format(name) for name in study["specification_curves"]},
        {VERDICTS, RECOVERIES, MONTECARLO},
    ]
    for i, names in enumerate(taken):
        for others in taken[i + 1 :]:
            if names & others:
                raise ConfigError(f"one name, two products: {', '.join(sorted(names & others))}")
    # An argument of that name would be taken for the rows that the exhibit lists.
    if both := set(listed(study["exhibits"])) & set().union(*taken[:4]):
        raise ConfigError(f"paper/exhibits.yaml: the name of a product: {', '.join(sorted(both))}")


def _check_specifications(study: dict, places: dict[str, str]) -> None:
    tables = {name: kind for name, kind in products(study).items() if kind in ("source", "panel")}
    for name, specification in study["specifications"].items():
        context = places[name]
        if specification["panel"] not in tables:
            raise unknown(specification["panel"], tables, context, "panel")
        module_of("estimator", specification["estimator"], context)
        columns = study["contracts"][specification["panel"]]["columns"]
        for column in (*columns_of(specification), *specification.get("where", {})):
            if column not in columns:
                raise unknown(column, columns, f"{context} (panel {specification['panel']})", "column")
        for outcome in specification.get("outcomes", []):
            if outcome not in study["outcomes"]:
                raise unknown(outcome, study["outcomes"], context, "outcome")
            if study["outcomes"][outcome]["column"] not in columns:
                place = f"config/study.yaml: outcomes → {outcome}, in panel {specification['panel']}"
                raise unknown(study["outcomes"][outcome]["column"], columns, place, "column")


def _check_methods(study: dict) -> None:
    for name, target in study["published"].items():
        module_of("estimator", target["estimator"], f"config/published.yaml: {name}")
    for name, process in study["montecarlo"].items():
        module_of("data_generating_process", process["data_generating_process"], f"config/montecarlo.yaml: {name}")
        for method, settings in process["methods"].items():
            module_of("estimator", settings["estimator"], f"config/montecarlo.yaml: {name} → {method}")


def claims_tested(study: dict) -> dict[str, dict]:
    """Return the claims with the tests whose estimates can decide: those on firms only where the firm files are a reader's own."""
    if not study["simulated_firms"]:
        return study["claims"]
    return {name: {key: value for key, value in claim.items() if key != "firms"} for name, claim in study["claims"].items()}


def claim_test(study: dict, curve: dict) -> dict:
    """Return the test of config/claims.yaml whose region a curve reads."""
    claim = study["claims"].get(curve["claim"], {})
    found = [
        test for test in tests_of(claim) if (test["from"], test.get("outcome")) == (curve["test"]["from"], curve["test"].get("outcome"))
    ]
    if not found or "region" not in found[0]:
        raise ConfigError(f"config/specification_curves.yaml: claim {curve['claim']} has no test with a region {curve['test']}")
    return found[0]


def _check_curves(study: dict) -> None:
    for name, curve in study["specification_curves"].items():
        context = f"config/specification_curves.yaml: {name}"
        if curve["panel"] not in study["panels"]:
            raise unknown(curve["panel"], study["panels"], context, "panel")
        claim_test(study, curve)
        columns = study["contracts"][curve["panel"]]["columns"]
        controls = curve.get("controls", [])
        named = [*curve["dates"].values(), *curve.get("permuted_within", []), *curve["cluster"]]
        named += controls.values() if isinstance(controls, dict) else controls
        named += [
            outcome[key] for outcome in curve["outcomes"].values() for key in ("column", "duration", "upper", "event") if key in outcome
        ]
        spells = curve.get("spells", {})
        named += [*spells.get("always", []), *(spells[key] for key in ("begins", "treatment") if key in spells)]
        named += [column for where in curve["samples"].values() for column in where]
        named += [part for effects in curve["fixed_effects"].values() for effect in effects for part in effect.split("*")]
        for method in curve.get("estimators", {}).values():
            module_of("estimator", method["estimator"], context)
            named += method.get("controls", [])
        for column in named:
            if column not in columns:
                raise unknown(column, columns, f"{context} (panel {curve['panel']})", "column")
        unit = study["panels"][curve["panel"]]["unit"]
        for label, effects in curve["fixed_effects"].items():
            if "spells" not in curve and (len(effects) != 2 or unit not in effects):
                raise ConfigError(f"{context} → fixed_effects → {label}: two effects, one of them {unit}, not {', '.join(effects)}")


def _check_exhibits(study: dict) -> None:
    made, entries = {**modules("figure"), **modules("table")}, listed(study["exhibits"])
    for name in study["exhibits"]:
        if (name in made) == (name in entries):
            raise unknown(name, made, "paper/exhibits.yaml: has a module of its own or `drawn_by`, one of both", "exhibit")
    for name, entry in entries.items():
        _check_listed(study, name, entry)
    for name, path in made.items():
        if name not in study["exhibits"]:
            raise UnknownName(f"{path} is not listed in paper/exhibits.yaml, so nothing would print it.")
    known = set(products(study)) | set(SECTIONS) | {ARGUMENT, *entries}
    for kind in ("figure", "table", "facts", "check", "listed figure", "listed table"):
        for name, path in modules(kind).items():
            for argument in ingredients(kind, name):
                if argument not in known:
                    raise unknown(argument, known, path, "product")


def _check_listed(study: dict, name: str, entry: dict) -> None:
    context = f"paper/exhibits.yaml: {name}"
    drawing = {**modules("listed figure"), **modules("listed table")}
    if entry["drawn_by"] not in drawing:
        raise unknown(entry["drawn_by"], drawing, f"{context}: drawn_by", "module")
    kinds = products(study)
    for product in products_of(entry):
        if product not in kinds:
            raise unknown(product, kinds, context, "product")


def _check_readers(study: dict) -> None:
    for name, claim in study["claims"].items():
        for table, columns in claim.get("fields", {}).items():
            for column in columns:
                if column not in study["contracts"].get(table, {"columns": {}})["columns"]:
                    raise unknown(
                        f"{table}.{column}",
                        study["contracts"].get(table, {"columns": {}})["columns"],
                        f"config/claims.yaml: {name}",
                        "field",
                    )
        for test in tests_of(claim):
            for reference in filter(None, (test, test.get("placebo"), test.get("honest") and {**test, "from": test["honest"]})):
                _check_estimate_reference(study, reference, f"config/claims.yaml: {name}")
        if len(claim.get("tests", []) + claim.get("firms", [])) > 1 and "parts" not in claim:
            raise ConfigError(f"config/claims.yaml: {name}: several tests decide; say `parts: all` or `parts: any`")
    kinds = products(study)
    for name, number in study["numbers"].items():
        context = f"config/numbers.yaml: {name}"
        kind = kinds.get(number["from"])
        if kind == "estimates":
            _check_estimate_reference(study, number, context)
        elif kind not in ("facts", VERDICTS):
            raise unknown(number["from"], [n for n, k in kinds.items() if k in ("estimates", "facts", "verdicts")], context, "product")
        elif "key" not in number:
            raise ConfigError(f"{context}: a number from {number['from']} needs 'key'")


def _check_estimate_reference(study: dict, reference: dict, context: str) -> None:
    if reference["from"] not in study["specifications"]:
        raise unknown(reference["from"], study["specifications"], context, "specification")
    offered = outcomes_of(study["specifications"][reference["from"]])
    if reference.get("outcome", "none") not in offered:
        raise unknown(reference.get("outcome", "none"), offered, f"{context} ({reference['from']})", "outcome")
