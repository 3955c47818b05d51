"""Words of one text, as `make` hands them over: split at spaces, whole within quotes, apostrophes within a word kept."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Sequence
from typing import Any

from analysis.core.errors import BadOption

# 'Inner Mongolia' after a space, = or comma is a quotation; the one of Xi'an is a letter.
QUOTATION = re.compile(r"(?<![^\s=,])'([^']*)'(?![^\s,])")


def split(text: str, context: str) -> list[str]:
    """Return the words of `text`."""
    lexer = shlex.shlex(QUOTATION.sub(r'"\1"', text), posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters, lexer.quotes = True, "", '"'
    try:
        return list(lexer)
    except ValueError:
        raise BadOption(f"{context}: a quotation mark is not closed in: {text}", "set", text, "closed quotation marks") from None


def in_any_order(parser: argparse.ArgumentParser) -> None:
    """Let words stand before, between and after the options; argparse alone takes those before the first option only.

    A subcommand is read by `parse_known_args`, which cannot be told to intermix, so one that does is put in front of the class's.
    """

    def intermixed(arguments: Sequence[str] | None = None, namespace: Any = None) -> tuple:
        del vars(parser)["parse_known_args"]
        try:
            return parser.parse_known_intermixed_args(arguments, namespace)
        finally:
            vars(parser)["parse_known_args"] = intermixed

    vars(parser)["parse_known_args"] = intermixed
