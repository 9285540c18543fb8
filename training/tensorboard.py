"""Epochs as TensorBoard reads them.

By tensorboardX, which writes TensorBoard's files on every backend of Keras; Keras's own callback needs
TensorFlow, which training does without.
"""

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.errors import MienError
from training.runs import TENSORBOARD_FOLDER

_NAMES = {
    "loss": "loss/Training",
    "public_loss": "loss/PublicTest",
    "public_figure": "accuracy/PublicTest",
    "learning_rate": "learning_rate",
    "seconds": "seconds",
}


class EpochLog:
    """The scalars of a run; without a writer it writes nothing."""

    def __init__(self, writer: Any = None) -> None:
        self._writer = writer

    @classmethod
    @contextmanager
    def open(cls, run: Path, is_wanted: bool) -> Iterator["EpochLog"]:
        if not is_wanted:
            yield cls()
            return
        with _package().SummaryWriter(logdir=str(run / TENSORBOARD_FOLDER), flush_secs=5) as writer:
            yield cls(writer)

    def write(self, row: Mapping[str, float]) -> None:
        """Add an epoch, as history.csv has it."""
        if self._writer is None:
            return
        for name, title in _NAMES.items():
            if name in row:
                self._writer.add_scalar(title, row[name], int(row["epoch"]))
        self._writer.flush()


def require_tensorboard() -> None:
    """Fail before a fit begins, not after its first epoch.

    Raises:
        MienError: the package is not there.
    """
    _package()


def _package() -> Any:
    try:
        return importlib.import_module("tensorboardX")
    except ModuleNotFoundError:
        raise MienError("--tensorboard needs tensorboardX; try: pip install tensorboardX") from None
