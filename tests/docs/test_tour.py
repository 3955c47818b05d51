"""The tour of docs/tour.md: its commands, run in order in a copy of the checkout, print what the page shows."""

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from analysis.core.catalogue import ROOT

PAGE = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)(?: (new|built))?(?: (\S+))?\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [(how == "built", *body.removeprefix("$ ").split("\n", 1)) for language, how, _, body in BLOCKS if language == "console"]
PRODUCTS = ROOT / "data" / "processed"
LENIENT = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture(scope="module")
def checkout(scratch_copy):
    """Return the copy with the page's files, and with what `make` built here, if anything."""
    for _, how, file, body in BLOCKS:
        if how == "new":
            (scratch_copy / file).write_text(body, encoding="utf-8")
    target = scratch_copy / "data" / "processed"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for product in PRODUCTS.glob("*"):
        if product.name != "whatif":
            (target / product.name).symlink_to(product)
    return scratch_copy


def run(words, folder):
    """Return what the command prints, its errors after its output."""
    result = subprocess.run([sys.executable, *words], cwd=folder, env=os.environ, capture_output=True, text=True, check=False)
    return result.stdout + result.stderr


def same(shown, printed):
    """Whether the page shows what was printed, but for blanks and where it shows `...`."""
    return doctest.OutputChecker().check_output(shown, printed, LENIENT)


@pytest.mark.parametrize(("built", "command", "shown"), COMMANDS, ids=[command[:60] for _, command, _ in COMMANDS])
def test_a_command_prints_what_the_page_shows(checkout, built, command, shown):
    if built and not (PRODUCTS / "provenance.json").exists():
        pytest.skip("nothing is built here: run make first")
    printed = run(shlex.split(command)[1:], checkout)
    assert same(shown, printed), printed


def test_the_notebook_gives_what_the_page_shows(checkout):
    code, shown = (next(body for language, _, _, body in BLOCKS if language == kind) for kind in ("python", "output"))
    printed = run(["-c", code], checkout)
    assert same(shown, printed), printed


def test_another_output_would_be_seen():
    assert same("a ... c\n", "a b c\n")
    assert not same("estimate 0.85\n", "estimate 0.86\n")
