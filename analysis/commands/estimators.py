"""List every estimator with what it needs, its options, source and library."""

from __future__ import annotations

import argparse

from analysis.core.catalogue import modules
from analysis.core.method import Method, method_of
from analysis.core.specification import flag


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these, in full; without names all, in short")


def run(chosen: argparse.Namespace) -> int:
    names = chosen.names or list(modules("estimator"))
    for name in names:
        print(describe(name, method_of(name)))
    return 0


def describe(name: str, method: Method) -> str:
    """Return the entry of one estimator, options with their defaults."""
    lines = [f"{name}", f"    {method.title}", f"    source:  {method.citation}", f"    library: {method.library}"]
    needs = ["|".join(flag(field) for field in need.split("|")) for need in method.needs]
    lines.append(f"    needs:   {' '.join(needs) or 'columns named by options'}")
    for need, (name_of, value) in method.unless.items():
        lines.append(f"    without {flag(need)} where option {name_of}={str(value).lower()}")
    if method.accepts:
        lines.append(f"    takes:   {' '.join(flag(field) for field in method.accepts)}")
    if method.streamed:
        lines.append(f"    streams: files larger than memory, with {', '.join(method.streamed)}")
    for key, option in method.options.items():
        choices = f" [{'|'.join(map(str, option.choices))}]" if option.choices else ""
        lines.append(f"    --option {key}={option.default}{choices}  {option.meaning}")
    return "\n".join(lines) + "\n"
