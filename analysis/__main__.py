"""What a person runs outside the study: estimate one model on a file, vary or trace a result, verify all, run blind, check firm files."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from importlib import import_module

# Before numerical libraries start: threads of their own on a few cores only wait for each other, and sum in another order.
from bootstrap import REPEATABLE

for _name, _value in REPEATABLE.items():
    os.environ.setdefault(_name, _value)

from analysis.core.errors import BadOption, ConfigError, DataError, UnknownName  # noqa: E402
from analysis.core.progress import QUIET  # noqa: E402
from analysis.core.version import version  # noqa: E402
from analysis.core.visible import visible  # noqa: E402

# Importing makes hundreds of thousands of objects that stay; to look for garbage among them takes a tenth of a small estimate.
gc.set_threshold(100_000)

# Module of analysis/commands → what it does. Only the one that runs is imported: together they need every library there is.
COMMANDS = {
    "estimate": "estimate one model on any table: CSV, Parquet, Stata, Excel, Feather",
    "estimators": "list the estimators with their options, sources and libraries",
    "whatif": "change one choice of a model and see both versions side by side",
    "explain": "print where a number, cell, figure or claim comes from",
    "verify": "run everything again and compare each cell with the archived results",
    "blind": "run everything with permuted treatment labels",
    "freeze": "record the designs, or show what changed since",
    "package": "write the deposit for a data archive, and check it against the journals' standard",
    "profile": "say where the time of the last run went: seconds and memory by rule, and the slowest jobs",
    "doctor": "read a folder of firm files and say what they are and what is wrong with them",
    "sweep": "scatter permutations, replications or a specification curve of any size over jobs, here or on a cluster",
    "simulate": "write a simulated cohort with a known truth",
}

GRACE = 1.5  # seconds from Ctrl-C to the end
INTERRUPTED = "\nInterrupted: files that were finished are kept, and no half of one is left. The same command starts again."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; wrong input ends with one line on standard error and status 2, Ctrl-C with another and 130."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        chosen = _chosen(words)  # imports what the command needs: most of a short one's time
        if chosen.quiet:
            os.environ[QUIET] = "1"
        return chosen.run(chosen)
    except KeyboardInterrupt:
        print(INTERRUPTED, file=sys.stderr)
        return 130
    except (ConfigError, DataError, BadOption, UnknownName) as error:
        print(visible(f"error: {error}"), file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0


def _chosen(words: list[str]) -> argparse.Namespace:
    """Return what the words ask for, and `run`, which does it; ends the program where they make no sense."""
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=version() if words[:1] == ["--version"] else "", help="print the version")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, meaning in COMMANDS.items():
        part = commands.add_parser(name, help=meaning, allow_abbrev=False)
        if name in words[:1]:
            command = import_module(f"analysis.commands.{name}")
            part.description = command.__doc__
            part.add_argument("--quiet", action="store_true", help="show no bar of how far the work is")
            command.declare(part)
            part.set_defaults(run=command.run)
    return parser.parse_args(words)


def end_when_interrupted() -> None:
    """End this process GRACE seconds after Ctrl-C at the latest: Python heeds it between its own steps only, and a library's may be long."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def watch() -> None:
        while os.read(reader, 1) != bytes([signal.SIGINT]):
            pass
        time.sleep(GRACE)
        print(INTERRUPTED, file=sys.stderr, flush=True)
        os._exit(130)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    end_when_interrupted()
    sys.exit(main())
