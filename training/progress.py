"""How far a fit is: a bar on a terminal, one line an epoch in the log."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class EpochBar(keras.callbacks.Callback):  # type: ignore[misc]
    """Moves the bar by one batch."""

    def __init__(self, progress: Progress, title: str, batches: int) -> None:
        super().__init__()
        self._progress = progress
        self._task = progress.add_task(title, total=batches, loss="")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        loss = (logs or {}).get("loss")
        self._progress.update(self._task, advance=1, loss=f"loss {float(loss):.3f}" if loss is not None else "")

    def on_train_end(self, logs: Any = None) -> None:
        self._progress.remove_task(self._task)


@contextmanager
def epoch_progress() -> Iterator[Progress]:
    """A bar on stderr if that is a terminal, else nothing."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[loss]}"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        yield progress


class Remaining:
    """How long the rest will take, by the mean of the epochs since the start."""

    def __init__(self, done: int, total: int) -> None:
        self._start_s = time.monotonic()
        self._first, self._total = done, total

    def minutes(self, done: int) -> float:
        """Minutes to go when `done` epochs of all are done; `done` is above the number at the start."""
        per_epoch_s = (time.monotonic() - self._start_s) / (done - self._first)
        return per_epoch_s * (self._total - done) / 60
