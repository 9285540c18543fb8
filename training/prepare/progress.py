"""How far prepare is: a bar with rate and time left on a terminal, else a line in the log now and then."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

_LINE_EVERY_S = 30.0

logger = logging.getLogger(__name__)


class _RateColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.0f}/s" if speed else "")


class Steps:
    """The steps of a run, one after another."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._is_silent = bar.disable
        self._title, self._total, self._done = "", 0, 0
        self._start_s = self._line_s = time.monotonic()

    def begin(self, title: str, total: int | None = None) -> None:
        for task in self._bar.task_ids:
            self._bar.remove_task(task)
        self._bar.add_task(title, total=total)
        self._title, self._total, self._done = title, total or 0, 0
        self._start_s = self._line_s = time.monotonic()

    def advance(self, count: int) -> None:
        self._bar.advance(self._bar.task_ids[-1], count)
        self._done += count
        now_s = time.monotonic()
        if self._is_silent and self._total and now_s - self._line_s >= _LINE_EVERY_S:
            self._line_s = now_s
            rate = self._done / (now_s - self._start_s)
            left_min = (self._total - self._done) / rate / 60
            logger.info(
                "%s: %s of %s, %.0f a second, %.0f min left",
                self._title, f"{self._done:,}", f"{self._total:,}", rate, left_min,
            )  # fmt: skip


@contextmanager
def show_steps() -> Iterator[Steps]:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _RateColumn(),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        yield Steps(bar)
