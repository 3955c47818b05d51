"""A program on a terminal of its own: what it writes there, and how it ends when Ctrl-C is typed."""

import os
import pty
import select
import signal
import sys
import time

from analysis.core.rawfiles import ROOT


def on_a_terminal(arguments, interrupt_after="", folder=ROOT, **variables):
    """Return what a program writes on a terminal, its exit status, and the seconds from Ctrl-C to its end."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.environ |= {"TERM": "xterm", "COLUMNS": "120"} | variables
        os.execv(sys.executable, [sys.executable, *arguments])
    said, sent = b"", 0.0
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            said += piece
        if interrupt_after and not sent and interrupt_after.encode() in said:
            os.write(terminal, b"\x03")
            sent = time.monotonic()
    took = time.monotonic() - sent
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    return said.decode(errors="replace"), os.waitstatus_to_exitcode(status), took


def heeding_signals():
    """Tests that run under `nohup` hand on that the end of a terminal is nothing to them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
