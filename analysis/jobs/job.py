"""What every job does around its one function: die with its parent, log, and fail in one readable line."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import logging
import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from multiprocessing import forkserver
from pathlib import Path

from analysis.core.errors import DataError

# What is wrong with the machine and not with the study: no room, no right, no handles.
OF_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ENOMEM)


def die_with(parent: int) -> None:
    """End this process when its own parent ends, and now if the process `parent`, on whose behalf it works, is gone.

    A killed Snakemake would otherwise leave orphans that go on writing: its death ends the process that jobs are forked from, and that
    one's death this. A job is handed the pipe by which that process learns of it, and would keep it open.
    """
    if (pipe := forkserver._forkserver._forkserver_alive_fd) is not None:  # type: ignore[attr-defined]
        os.close(pipe)
        forkserver._forkserver._forkserver_alive_fd = None  # type: ignore[attr-defined]
    if sys.platform != "linux":
        return
    own = os.getppid()
    ctypes.CDLL(None).prctl(1, int(signal.SIGTERM))
    # The kernel tells of deaths after this call only; one before it shows in who the parent is now.
    if os.getppid() != own or not Path(f"/proc/{parent}").exists():
        os._exit(1)


@contextlib.contextmanager
def job(log: str) -> Iterator[None]:
    """Run the block with output in `log`; a DataError ends the job with its message instead of a traceback."""
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w", encoding="utf-8") as stream, contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        logging.basicConfig(stream=stream, level=logging.INFO, format="%(name)s: %(message)s", force=True)
        warnings.simplefilter("default")
        start, cpu = time.monotonic(), _cpu()
        try:
            yield
        except DataError as error:
            message = str(error)
        except OSError as error:
            # No line of the code is to be mended, but room made or a right given.
            message = f"error: {error}" if error.errno in OF_THE_MACHINE else traceback.format_exc()
        except Exception:
            message = traceback.format_exc()
        else:
            # What `make profile` and the deposit report as measured; the last line of every log.
            print(f"done: {time.monotonic() - start:.2f} s, {_cpu() - cpu:.2f} s of CPU, {_peak_memory():.0f} MB", file=stream)
            return
        print(message, file=stream)
    print(message, file=sys.stderr)
    # Not sys.exit: Snakemake would print a traceback of the script around the message.
    sys.stderr.flush()
    os._exit(1)


def _cpu() -> float:
    """Return the seconds of CPU that this process and the programs that it has run have used."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def has_ended(log: str) -> bool:
    """Return whether the job that wrote `log` came to its end: all its files are then in place."""
    lines = Path(log).read_text(encoding="utf-8", errors="replace").splitlines() if Path(log).exists() else []
    return bool(lines) and lines[-1].startswith("done: ")


def _peak_memory() -> float:
    """Return the most memory that this process has held, in MB; not a number where the system does not say (Windows)."""
    try:
        import resource
    except ImportError:
        return float("nan")
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
