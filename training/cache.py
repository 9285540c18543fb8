"""Pictures decoded once and mapped into memory, so that a large data set needs no memory of its size.

A data set has a folder of its own in the cache (MIEN_CACHE, or mien in the user's cache folder), and in it
one folder for each split as it was read: `pixels.npy`, `labels.npy`, `votes.npy` and `split.json`. The
folder's name says what it was made from; when the data changes, another takes its place. A folder is
written under a temporary name, so it is whole or not there, and may be deleted at any time.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from training.splits import Faces, Split

_PIXELS, _LABELS, _VOTES, _STORY = "pixels.npy", "labels.npy", "votes.npy", "split.json"
#: Part of every name: another number makes all caches stale.
_FORMAT = 1

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Row:
    """One face of a data set: its label as an index into the reader's names."""

    split: Split
    label: int
    pixels: NDArray[np.uint8]
    votes: NDArray[np.uint8] | None = None


class Reader(Protocol):
    """One form in which people have their data.

    Attributes:
        path: what it reads.
        names: the labels, in the order of the rows' numbers.
        truth: see training.splits.Faces.
        skipped: how many pictures of each split could not be read, so far.
    """

    path: Path
    names: tuple[str, ...]
    truth: Literal["fer2013", "labels"]
    skipped: dict[Split, int]

    def fingerprint(self, split: Split) -> str:
        """Changes whenever the split does."""

    def side_px(self, wanted_px: int) -> int:
        """The side of the pictures that `rows` gives where a network would like `wanted_px`."""

    def rows(self, wanted: frozenset[Split], side_px: int) -> Iterator[Row]:
        """The faces of the wanted splits, in a fixed order. Nothing of other splits is decoded."""


def cached_splits(reader: Reader, wanted: frozenset[Split], wanted_px: int) -> dict[Split, Faces]:
    """The wanted splits, from the cache where it has them. A split without a face is left out."""
    side_px = reader.side_px(wanted_px)
    home = _home(reader.path)
    folders = {split: home / _name(reader, split, side_px) for split in wanted}
    missing = frozenset(split for split, folder in folders.items() if not (folder / _STORY).is_file())
    if missing:
        _fill(reader, {split: folders[split] for split in missing}, side_px)
    found = {split: _open(folder, reader) for split, folder in folders.items() if folder.is_dir()}
    return {split: faces for split, faces in found.items() if len(faces)}


def _home(path: Path) -> Path:
    """Where the caches of one data set are; its name shows people whose they are."""
    base = os.environ.get("MIEN_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "mien"
    full = path.resolve()
    return Path(base).expanduser() / "data" / f"{full.name}-{_digest(str(full))[:12]}"


def _name(reader: Reader, split: Split, side_px: int) -> str:
    made_from = json.dumps([_FORMAT, reader.fingerprint(split), reader.names])
    return f"{split}-{side_px}px-{_digest(made_from)[:16]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _fill(reader: Reader, folders: Mapping[Split, Path], side_px: int) -> None:
    logger.info("reading %s into the cache %s", reader.path, next(iter(folders.values())).parent)
    with ExitStack() as stack:
        stores = {split: stack.enter_context(_new_store(folder)) for split, folder in folders.items()}
        for row in reader.rows(frozenset(folders), side_px):
            stores[row.split].append(row)
        for split, store in stores.items():
            store.finish({"names": reader.names, "skipped": reader.skipped.get(split, 0)})


def _open(folder: Path, reader: Reader) -> Faces:
    story = json.loads((folder / _STORY).read_text(encoding="utf-8"))
    if story["skipped"]:
        logger.warning("%d corrupt pictures skipped in %s", story["skipped"], reader.path)
    votes = np.load(folder / _VOTES) if (folder / _VOTES).is_file() else None
    pixels = np.load(folder / _PIXELS, mmap_mode="r")
    return Faces(pixels, np.load(folder / _LABELS), votes, reader.names, reader.truth)


@dataclass(slots=True)
class _Store:
    """A split that is being written: pictures go to the file at once, the little rest at the end."""

    folder: Path
    file: Any
    labels: list[int] = field(default_factory=list)
    votes: list[NDArray[np.uint8]] = field(default_factory=list)
    shape: tuple[int, ...] = (0, 0)

    def append(self, row: Row) -> None:
        if not self.labels:
            self.shape = row.pixels.shape
            self._write_header()
        self.file.write(np.ascontiguousarray(row.pixels).tobytes())
        self.labels.append(row.label)
        if row.votes is not None:
            self.votes.append(row.votes)

    def finish(self, story: Mapping[str, Any]) -> None:
        self.file.seek(0)
        self._write_header()  # numpy leaves room in it for any number of rows
        np.save(self.folder / _LABELS, np.array(self.labels, np.int16))
        if self.votes:
            np.save(self.folder / _VOTES, np.stack(self.votes))
        (self.folder / _STORY).write_text(json.dumps(story), encoding="utf-8")

    def _write_header(self) -> None:
        header = {"descr": "|u1", "fortran_order": False, "shape": (len(self.labels), *self.shape)}
        np.lib.format.write_array_header_1_0(self.file, header)


@contextmanager
def _new_store(folder: Path) -> Iterator[_Store]:
    """Takes its name, in place of what is stale, only when the block ends well."""
    _remove_left_overs(folder.parent)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    temporary.mkdir(parents=True)
    try:
        with (temporary / _PIXELS).open("wb") as file:
            yield _Store(temporary, file)
        if not folder.is_dir():  # else another process was quicker with the same
            kind = folder.name.rpartition("-")[0]
            for stale in folder.parent.glob(f"{kind}-*"):  # who has it mapped keeps what they see
                shutil.rmtree(stale, ignore_errors=True)
            temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _remove_left_overs(home: Path) -> None:
    """Of processes that were killed."""
    for folder in home.glob(".*.part"):
        try:
            os.kill(int(folder.name.split(".")[-2]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except PermissionError:
            continue  # it runs, and is somebody else's
