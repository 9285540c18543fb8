"""The pictures whose action units are to be measured: files, folders, or rows of a data set."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError
from edge.pictures import picture_files, read_bgr
from training.datasets import Split, load_splits
from training.explain.labelling import names_of


@dataclass(frozen=True, slots=True)
class UnitPicture:
    """A picture, not opened yet.

    Attributes:
        name: as the table names it: a path, or "PublicTest/12".
        read: gives it, (H, W, 3), red first.
        is_face: whether it is one face, cut out already.
        label: its class; "" where there is none.
        stamp: changes when the picture does.
    """

    name: str
    read: Callable[[], NDArray[np.uint8]]
    is_face: bool = False
    label: str = ""
    stamp: str = ""


def pictures_of_files(paths: Sequence[Path]) -> list[UnitPicture]:
    """The files, and those of folders with their subfolders.

    Raises:
        DataError: a path is not there, or a folder holds no picture.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise DataError(f"{path} is not there; expected a picture, or a folder of them")
        files = picture_files(path) if path.is_dir() else [path]
        if not files:
            raise DataError(f"{path} holds no picture; expected JPEG, PNG, WebP, BMP or TIFF files")
        found.extend(files)
    return [_of_file(path) for path in dict.fromkeys(found)]


def _of_file(path: Path) -> UnitPicture:
    state = path.stat()
    return UnitPicture(
        str(path),
        lambda: cv2.cvtColor(read_bgr(path), cv2.COLOR_BGR2RGB),  # type: ignore[return-value]
        stamp=f"{state.st_size} {state.st_mtime_ns}",
    )


def pictures_of_data(
    data: Path, split: Split, *, min_votes: int = 0, most: int | None = None, seed: int = 0
) -> list[UnitPicture]:
    """The rows of one split, with the class of each.

    Args:
        data: see training.datasets.load_splits.
        split: Training or PublicTest.
        min_votes: only rows on which so many raters agree; see training.explain.labelling.names_of.
        most: so many at random, in the order of the data; None: all.
        seed: of that draw.

    Raises:
        DataError: the data is broken, or no row is left.
    """
    faces = load_splits(data, (split,))[split]
    names = names_of(faces, min_votes)
    rows = np.array([row for row, name in enumerate(names) if name or not min_votes], np.intp)
    if not len(rows):
        raise DataError(f"{data} has no row of {split} on which {min_votes} raters agree")
    if most is not None and most < len(rows):
        rows = np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))

    def reader(row: int) -> Callable[[], NDArray[np.uint8]]:
        return lambda: cv2.cvtColor(np.asarray(faces.pixels[row]), cv2.COLOR_GRAY2RGB)  # type: ignore[return-value]

    return [
        UnitPicture(
            f"{split}/{row}",
            reader(row),
            is_face=True,
            label=names[row],
            stamp=str(zlib.crc32(np.ascontiguousarray(faces.pixels[row]))),
        )
        for row in rows.tolist()
    ]
