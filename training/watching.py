"""How far a network is with many pictures: a bar on a terminal that moves as they are read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from training.splits import Pictures


class _Watched:
    """The same pictures (see training.splits.Pictures)."""

    def __init__(self, pictures: Pictures, progress: Progress, task: TaskID) -> None:
        self._pictures, self._progress, self._task = pictures, progress, task

    def __len__(self) -> int:
        return len(self._pictures)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        for picture in self._pictures:
            self._progress.advance(self._task)
            yield picture

    def __getitem__(self, row: Any) -> NDArray[np.uint8]:
        self._progress.advance(self._task)
        return self._pictures[row]


@contextmanager
def watched(pictures: Pictures, title: str) -> Iterator[Pictures]:
    """Show a bar on stderr, if that is a terminal, while the block reads the pictures."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield pictures
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Watched(pictures, progress, progress.add_task(title, total=len(pictures)))
