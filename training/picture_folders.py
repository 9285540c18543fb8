"""Folders of pictures, named by label; any set of labels.

Two layouts:

- Kaggle's FER2013: `{train,test}/<label>/<Usage>_<id>.jpg`, where the file name tells the official split;
- plain: `{train,valid,test}/<label>/<any name>`, as `mien-train prepare` writes it; `valid` (or `validation`,
  `val`) is PublicTest, `test` PrivateTest.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from edge.errors import DataError
from edge.pictures import SUFFIXES
from training.classes import canonical
from training.picture_files import SPLIT_OF_NAME, PictureFile, PictureFiles
from training.splits import Split

_PARTS = ("train", "valid", "validation", "val", "test")
_OFFICIAL_NAME = re.compile(r"(Training|PublicTest|PrivateTest)_")


def open_folder(folder: Path) -> PictureFiles:
    """List the pictures; none is opened.

    Raises:
        DataError: there is no folder `train`, or there are no labels in it.
    """
    files = list(_find(folder))
    names = sorted({file.label for file in files})
    if not names:
        raise DataError(
            f"{folder} holds neither fer2013.csv nor pictures in train/<label>; expected FER2013, or a folder "
            "as `mien-train prepare` writes it"
        )
    is_official = any(_OFFICIAL_NAME.match(file.path.name) for file in files)
    return PictureFiles(folder, files, names, "fer2013" if is_official else "labels")


def _find(folder: Path) -> Iterator[PictureFile]:
    """Paths in a fixed order, so that a seed means the same on every machine."""
    for part in (name for name in _PARTS if (folder / name).is_dir()):
        for label_folder in sorted(path for path in (folder / part).iterdir() if path.is_dir()):
            for path in sorted(_pictures(label_folder)):
                yield PictureFile(path, canonical(label_folder.name), _split(path, part))


def _pictures(folder: Path) -> Iterable[Path]:
    return (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def _split(path: Path, part: str) -> Split:
    official = _OFFICIAL_NAME.match(path.name)
    return Split(official[1]) if official else SPLIT_OF_NAME[part]
