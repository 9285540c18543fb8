"""Data sets of picture files: what their readers share."""

import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.progress import track

from edge.errors import PictureError
from edge.pictures import read_gray
from edge.preprocessing import resize_face
from edge.records import Gray
from training.cache import Row
from training.splits import Split

#: What folders and manifests call the three splits.
SPLIT_OF_NAME = {
    "train": Split.TRAINING,
    "valid": Split.PUBLIC,
    "validation": Split.PUBLIC,
    "val": Split.PUBLIC,
    "test": Split.PRIVATE,
    **{str(split).lower(): split for split in Split},
}
_SHOWN_LIMIT = 20
_AT_ONCE = 256

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture, not opened yet."""

    path: Path
    label: str
    split: Split


class PictureFiles:
    """Reads a list of picture files (see training.cache.Reader). Corrupt ones are named, counted, skipped."""

    def __init__(
        self,
        path: Path,
        files: Sequence[PictureFile],
        names: Sequence[str],
        truth: Literal["fer2013", "labels"],
    ) -> None:
        """Hold the list.

        Args:
            path: of the folder or the manifest that they belong to.
            files: in a fixed order, so that a seed means the same on every machine.
            names: every label.
            truth: see training.splits.Faces.
        """
        self.path, self.names, self.truth = path, tuple(names), truth
        self.skipped: dict[Split, int] = {}
        self._files = files

    def fingerprint(self, split: Split) -> str:
        digest = hashlib.sha256()
        for file in self._of(frozenset((split,))):
            state = file.path.stat()
            digest.update(f"{file.path}\0{file.label}\0{state.st_size}\0{state.st_mtime_ns}\0".encode())
        return digest.hexdigest()

    def side_px(self, wanted_px: int) -> int:
        return wanted_px

    def rows(self, wanted: frozenset[Split], side_px: int) -> Iterator[Row]:
        files = self._of(wanted)
        places = {name: place for place, name in enumerate(self.names)}
        console = Console(stderr=True)
        hidden = not console.is_terminal
        bar = iter(track(files, "pictures", console=console, disable=hidden, transient=True))
        # OpenCV gives the interpreter lock away while it decodes
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
            while some := list(islice(bar, _AT_ONCE)):
                pictures = threads.map(lambda file: _read(file.path, side_px), some)
                for file, picture in zip(some, pictures, strict=True):
                    if isinstance(picture, PictureError):
                        self._skip(file, picture)
                    else:
                        yield Row(file.split, places[file.label], picture)

    def _of(self, wanted: frozenset[Split]) -> list[PictureFile]:
        return [file for file in self._files if file.split in wanted]

    def _skip(self, file: PictureFile, error: PictureError) -> None:
        self.skipped[file.split] = self.skipped.get(file.split, 0) + 1
        if sum(self.skipped.values()) <= _SHOWN_LIMIT:
            logger.warning("skipped: %s", error)


def _read(path: Path, side_px: int) -> Gray | PictureError:
    try:
        return resize_face(read_gray(path), side_px)
    except PictureError as error:
        return error
