"""The bar of a run: Snakemake's events as one line with time left and the slowest running job.

All else (errors, logs of failed jobs, dry runs) is said by snakemake-logger-plugin-rich, whose handler this is but for its bars.
A run takes it where somebody looks on, and where it shall be quiet (analysis.jobs.run): then only failures are said.
"""

import logging
import time
from pathlib import Path

from rich.console import Console
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_logger_plugin_rich.event_handler import EventHandler
from snakemake_logger_plugin_rich.handler import RichLogHandler

from analysis.core.progress import Bar, Shown, watched
from analysis.jobs.board import Board, last_seconds

FAILURES = (LogEvent.ERROR, LogEvent.JOB_ERROR)


class Events(EventHandler):
    """Events of a run; `board` knows its jobs and is None until they are planned."""

    board: Board | None = None
    bar: Bar | None = None

    def handle(self, record, **kwargs) -> None:
        if watched() or record.levelno >= logging.WARNING or getattr(record, "event", None) in FAILURES:
            super().handle(record, **kwargs)

    def handle_run_info(self, event_data, **kwargs) -> None:
        self._stop_dag_status()
        if self.dryrun:
            super().handle_run_info(event_data, **kwargs)
            return
        counts = {rule: number for rule, number in event_data.per_rule_job_counts.items() if number}
        if self.bar is None and counts:
            self.board = Board(counts, last_seconds(Path("logs")), time.monotonic())
            self.bar = Bar(self._look, self.console)
            self.bar.start()

    def handle_job_info(self, event_data, **kwargs) -> None:
        if self.dryrun or self.board is None:
            super().handle_job_info(event_data, **kwargs)
            return
        named = dict(event_data.wildcards or {})
        self.jobs_info[event_data.jobid] = {"rule": event_data.rule_name, "wildcards": named, "log": event_data.log}
        self.board.start(event_data.jobid, event_data.rule_name, "/".join(map(str, named.values())), time.monotonic())

    def handle_job_finished(self, event_data, **kwargs) -> None:
        if self.board is not None:
            self.board.end(event_data.job_id)

    def handle_job_error(self, event_data, **kwargs) -> None:
        super().handle_job_error(event_data, **kwargs)
        if self.board is not None:
            self.board.running.pop(event_data.jobid, None)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop()
        super().close()

    def _look(self) -> Shown:
        return self.board.shown(time.monotonic())


class LogHandler(LogHandlerBase, RichLogHandler):
    """The handler that Snakemake finds by the name of this package."""

    def __post_init__(self) -> None:
        RichLogHandler.__init__(self, console=Console(stderr=True), settings=self.common_settings)
        settings = self.common_settings
        self.event_handler = Events(
            console=self.console, progress=self.progress, live_display=self.live_display, dryrun=settings.dryrun,
            printshellcmds=settings.printshellcmds, show_failed_logs=settings.show_failed_logs, verbose=settings.verbose,
        )  # fmt: skip

    def emit(self, record) -> None:
        RichLogHandler.emit(self, record)

    writes_to_stream = property(lambda self: True)
    writes_to_file = property(lambda self: False)
    has_filter = property(lambda self: True)
    has_formatter = property(lambda self: True)
    needs_rulegraph = property(lambda self: False)
