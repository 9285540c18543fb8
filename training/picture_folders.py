"""FER2013 as folders of pictures, named by label.

Two layouts:

- Kaggle's: `{train,test}/<label>/<Usage>_<id>.jpg`, where the file name tells the official split;
- plain: `{train,valid,test}/<label>/<any name>`; `valid` (or `validation`, `val`) is PublicTest, `test`
  PrivateTest.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from edge.errors import DataError, PictureError
from edge.labels import EMOTIONS
from edge.pictures import SUFFIXES, read_gray
from edge.preprocessing import resize_face
from edge.records import Gray
from training.splits import Faces, Split

#: Pictures of other sizes than one another are brought to this; the largest input of a small network.
COMMON_SIDE_PX = 64

_SPLIT_OF_FOLDER = {
    "train": Split.TRAINING,
    "valid": Split.PUBLIC,
    "validation": Split.PUBLIC,
    "val": Split.PUBLIC,
    "test": Split.PRIVATE,
}
_OFFICIAL_NAME = re.compile(r"(Training|PublicTest|PrivateTest)_")
_SHOWN_LIMIT = 20

logger = logging.getLogger(__name__)


def load(folder: Path, wanted: frozenset[Split]) -> Mapping[Split, Faces]:
    """Read the wanted splits; pictures of others are not opened. Corrupt ones are named, counted, skipped."""
    pictures: dict[Split, list[Gray]] = {}
    labels: dict[Split, list[int]] = {}
    corrupt = 0
    for split, label, path in _find(folder, wanted):
        try:
            picture = read_gray(path)
        except PictureError as error:
            corrupt += 1
            if corrupt <= _SHOWN_LIMIT:
                logger.warning("skipped: %s", error)
            continue
        pictures.setdefault(split, []).append(picture)
        labels.setdefault(split, []).append(label)
    if corrupt:
        logger.warning("%d corrupt pictures skipped in %s", corrupt, folder)
    return {split: Faces(_stack(found), np.array(labels[split], np.uint8)) for split, found in pictures.items()}


def _find(folder: Path, wanted: frozenset[Split]) -> Iterator[tuple[Split, int, Path]]:
    """Paths in a fixed order, so that a seed means the same on every machine."""
    parts = [name for name in _SPLIT_OF_FOLDER if (folder / name).is_dir()]
    if not parts:
        raise DataError(
            f"{folder} holds neither fer2013.csv nor a folder train; expected FER2013 as CSV or as folders"
        )
    for part in parts:
        for label_folder in sorted(path for path in (folder / part).iterdir() if path.is_dir()):
            label = _label(label_folder)
            for path in sorted(_pictures(label_folder)):
                split = _split(path, part)
                if split in wanted:
                    yield split, label, path


def _pictures(folder: Path) -> Iterable[Path]:
    return (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def _label(folder: Path) -> int:
    if folder.name.lower() not in EMOTIONS:
        raise DataError(f"{folder} is not named by a label; expected one of: {', '.join(EMOTIONS)}")
    return EMOTIONS.index(folder.name.lower())


def _split(path: Path, part: str) -> Split:
    official = _OFFICIAL_NAME.match(path.name)
    return Split(official[1]) if official else _SPLIT_OF_FOLDER[part]


def _stack(pictures: list[Gray]) -> Gray:
    first = pictures[0].shape
    if first[0] == first[1] and all(picture.shape == first for picture in pictures):
        return np.stack(pictures)
    return np.stack([resize_face(picture, COMMON_SIDE_PX) for picture in pictures])
