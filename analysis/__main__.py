"""What a person runs outside the study: estimate one model on a file, list estimators, trace a number, check firm files, simulate a cohort."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from analysis.catalogue import UnknownName
from analysis.commands import doctor, estimate, estimators, explain, simulate, verify
from analysis.contracts import DataError
from analysis.method import BadOption


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; wrong input ends with one line on standard error and status 2."""
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (estimate, estimators, explain, doctor, simulate, verify):
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
