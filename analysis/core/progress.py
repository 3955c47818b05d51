"""One line on standard error that shows how far long work is and how long it still takes; none where nobody looks on.

`track` wraps a loop: it costs nothing where standard error is no terminal (so in every job of the workflow, which writes to its
log) or where the variable IPS_QUIET is set, and shows nothing of work that is over within PATIENCE seconds.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from rich.text import Text

T = TypeVar("T")

QUIET = "IPS_QUIET"
PATIENCE = 5.0  # seconds that a loop may take unseen
WIDTH = 24  # characters of the bar itself


class Shown(NamedTuple):
    """What a bar says: the share of the work that is done, counts in words, seconds left (NaN: not known yet), and a note."""

    share: float
    counts: str
    left: float
    note: str = ""


_bars: list[Bar] = []


def watched() -> bool:
    """Return whether somebody looks on."""
    return sys.stderr.isatty() and not os.environ.get(QUIET)


class Bar:
    """A bar that asks `look` four times a second what to show; a second one while it stands shows nothing."""

    def __init__(self, look: Callable[[], Shown], console: Any = None) -> None:
        from rich.console import Console
        from rich.live import Live

        self.look = look
        self.live = Live(
            get_renderable=self._line, console=console or Console(stderr=True), refresh_per_second=4, transient=True, redirect_stdout=False
        )

    def start(self) -> None:
        if not _bars:
            _bars.append(self)
            self.live.start()

    def stop(self) -> None:
        if self in _bars:
            self.live.stop()
            _bars.remove(self)

    def _line(self) -> Text:
        from rich.text import Text

        shown = self.look()
        full = round(WIDTH * min(max(shown.share, 0.0), 1.0))
        bar = [("━" * full, "green"), ("━" * (WIDTH - full), "dim")]
        return Text.assemble(*bar, f" {words(shown)}", no_wrap=True, overflow="ellipsis")


def words(shown: Shown) -> str:
    """Return the line of a bar without the bar."""
    left = f"{duration(shown.left)} left" if shown.left == shown.left else ""
    return " · ".join(filter(None, (shown.counts, left, shown.note)))


def duration(seconds: float) -> str:
    """Return seconds as a person says them: 48 s, 3 min 10 s, 2 h 5 min."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def left_of(share: float, elapsed: float) -> float:
    """Return the seconds that remain if the rest goes on as the `share` that took `elapsed` seconds; NaN before any is done."""
    return elapsed * (1 - share) / share if share > 0 else float("nan")


def track(items: Iterable[T], total: int, what: str) -> Iterable[T]:
    """Return the items, of which there are `total`; where they take long, a bar counts them as so many of `what`."""
    return _tracked(items, total, what) if watched() and not _bars else items


def _tracked(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    began, done, bar = time.monotonic(), 0, None

    def look() -> Shown:
        share = done / total if total else 1.0
        return Shown(share, f"{done:,} of {total:,} {what}", left_of(share, time.monotonic() - began))

    try:
        for item in items:
            yield item
            done += 1
            if bar is None and time.monotonic() - began > PATIENCE:
                bar = Bar(look)
                bar.start()
    finally:
        if bar:
            bar.stop()
