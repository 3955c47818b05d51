"""Names, signatures and import closures."""

import ast

import pytest

from analysis.core.catalogue import MODULES, ROOT, ingredients, modules, source_files
from analysis.core.claim_tests import specifications_of
from analysis.core.comparisons import kind_of, parts
from analysis.core.config import products
from analysis.core.errors import unknown
from tests.study import STUDY

pytestmark = pytest.mark.fast


def test_closure_holds_what_a_module_imports_directly_or_not():
    closure = source_files("analysis.jobs.clean")
    assert "analysis/core/contracts.py" in closure  # through analysis.core.storage
    assert "analysis/core/claims.py" not in closure


def test_closure_follows_relative_free_imports_only_inside_the_project():
    assert all(path.startswith("analysis/") for path in source_files("analysis.jobs.exhibit"))


def test_every_module_is_made_from_something():
    """Only a check may make its own data."""
    for kind in MODULES:
        for name in modules(kind):
            assert ingredients(kind, name) or kind == "check", f"{kind} {name} is made from nothing"


def test_packages_import_nothing():
    # The import closure would otherwise miss what a package pulls in.
    for path in (ROOT / "analysis").rglob("__init__.py"):
        imports = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert {node.module for node in imports} <= {"__future__"}, path
    assert source_files("analysis.core.errors") == ["analysis/core/errors.py"]


def test_every_product_is_used():
    """A source, panel, specification or set of facts that nothing reads would be built for nobody."""
    exhibits = STUDY["exhibits"]
    made = {kind: list(modules(kind)) for kind in ("source", "panel", "facts")}
    made |= {kind: [name for name in exhibits if kind_of(exhibits, name) == kind] for kind in ("figure", "table")}
    used = {part for kind, names in made.items() for name in names for part in parts(STUDY, kind, name)}
    used |= {specification["panel"] for specification in STUDY["specifications"].values()}
    used |= {curve["panel"] for curve in STUDY["specification_curves"].values()}
    used |= {number["from"] for number in STUDY["numbers"].values()}
    for claim in STUDY["claims"].values():  # those on firms are read where a reader brings them
        used |= set(specifications_of(claim))
    assert sorted(set(products(STUDY)) - used) == []


def test_the_nearest_name_is_offered():
    assert "'rd_intensity'" in str(unknown("rd_intensty", ["rd_intensity", "sales"], "here", "outcome"))
    assert "Known: a, b" in str(unknown("zzzz", ["a", "b"], "here"))
