"""What a person runs outside the study: estimate one model on a file, vary or trace a result, verify all, run blind, check firm files."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

# Before numerical libraries start: threads of their own on a few cores only wait for each other, and sum in another order.
from bootstrap import REPEATABLE

for _name, _value in REPEATABLE.items():
    os.environ.setdefault(_name, _value)

from analysis.catalogue import UnknownName  # noqa: E402
from analysis.commands import blind, doctor, estimate, estimators, explain, freeze, package, simulate, verify, whatif  # noqa: E402
from analysis.contracts import DataError  # noqa: E402
from analysis.method import BadOption  # noqa: E402


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; wrong input ends with one line on standard error and status 2."""
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (estimate, estimators, whatif, explain, verify, blind, freeze, package, doctor, simulate):
        part = commands.add_parser(command.NAME, help=command.HELP, description=command.__doc__, allow_abbrev=False)
        command.declare(part)
        part.set_defaults(run=command.run)
    chosen = parser.parse_args(arguments)
    try:
        return chosen.run(chosen)
    except (DataError, BadOption, UnknownName) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
