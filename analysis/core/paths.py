"""Where each product of the study is, relative to the repository. Nothing else in the programs spells these paths out.

Patterns hold `{name}`, and `{outcome}` or `{form}` where a product has several files; rules of the workflow use them as they are.
"""

from __future__ import annotations

from analysis.core.catalogue import outcomes_of

PROCESSED = "data/processed"
FIGURES, TABLES = "figures", "paper/tables"
SIMULATED = f"{PROCESSED}/simulated"
WHATIF = f"{PROCESSED}/whatif"
FINGERPRINTS = f"{PROCESSED}/raw_files.json"
BENCHMARK = f"{PROCESSED}/benchmark/speed.csv"

# Kind of product → its file.
FILES = {
    "source": PROCESSED + "/sources/{name}.parquet",
    "panel": PROCESSED + "/panels/{name}.parquet",
    "estimates": PROCESSED + "/estimates/{name}/{outcome}.parquet",
    "curve": PROCESSED + "/curves/{name}.parquet",
    "curve_joint": PROCESSED + "/curves/{name}.parquet",
    "check": PROCESSED + "/checks/{name}.parquet",
    "montecarlo": PROCESSED + "/montecarlo/{name}.parquet",
    "facts": PROCESSED + "/facts/{name}.json",
    "verdicts": PROCESSED + "/{name}.parquet",  # verdicts and recoveries
    "simulated": SIMULATED + "/{name}.parquet",
    "provenance": PROCESSED + "/{name}.json",
    "figure": FIGURES + "/{name}.{form}",
    "table": TABLES + "/{name}.{form}",
}
# Kind of exhibit → the forms of its files.
FORMS = {"figure": ("pdf", "png", "csv"), "table": ("csv", "tex", "html", "json")}


def file_of(kind: str, name: str, **part: str) -> str:
    """Return the file of a product; `part` is the outcome of estimates or the form of an exhibit."""
    return FILES[kind].format(name=name, **part)


def exhibit_files(kind: str, name: str) -> dict[str, str]:
    """Return form → file of a figure or table."""
    return {form: file_of(kind, name, form=form) for form in FORMS[kind]}


def product_files(study: dict, kind: str, name: str) -> str | list[str]:
    """Return the file that holds product `name` of a kind; a list for one that has several, as estimates have by outcome."""
    if kind == "estimates":
        return [file_of(kind, name, outcome=outcome) for outcome in outcomes_of(study["specifications"][name])]
    if kind == "montecarlo":
        return [file_of(kind, design) for design in study["montecarlo"]]
    return file_of(kind, name)
