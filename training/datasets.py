"""A data set as arrays, from the forms in which people have it, by its splits.

Training fits, PublicTest (a folder's `valid`) chooses, PrivateTest (`test`) is looked at once, at the very
end. Only the function `load_final_split` opens PrivateTest, and only `evaluate --final` calls it.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.errors import DataError
from training.cache import Reader, cached_splits
from training.classes import CONTEMPT, ClassOrder, Contempt, choose_order, read_classes_file
from training.fer2013_csv import FILE, VOTES_FILE, Fer2013Csv
from training.manifests import is_manifest, open_manifest
from training.picture_folders import open_folder
from training.splits import Faces, Split
from training.votes import Labels

__all__ = [
    "Faces", "Split", "class_order", "load_final_split", "load_splits", "preparation", "usual_labels",
]  # fmt: skip

#: What pictures are brought to where no network is named; the largest input of a small one.
COMMON_SIDE_PX = 64


def load_splits(
    data: Path,
    splits: Iterable[Split],
    *,
    classes: Sequence[str] | None = None,
    side_px: int = COMMON_SIDE_PX,
) -> Mapping[Split, Faces]:
    """Read some of Training and PublicTest; rows of other splits are not even decoded.

    Args:
        data: `fer2013.csv`, a folder that holds it (with FER+'s `fer2013new.csv` where one has it), a folder
            of pictures (see training.picture_folders) or a manifest (see training.manifests).
        splits: which.
        classes: of the network; None: those of the data, in the order of `class_order`.
        side_px: of the network's input. Pictures come in this size; the CSV's as they are.

    Raises:
        DataError: the data is missing or broken, or PrivateTest is asked for.
    """
    wanted = frozenset(splits)
    if Split.PRIVATE in wanted:
        raise DataError(
            "PrivateTest is not for fitting or choosing; only `mien-train evaluate --final` opens it"
        )
    return _load(data, wanted, classes, side_px)


def load_final_split(
    data: Path, *, classes: Sequence[str] | None = None, side_px: int = COMMON_SIDE_PX
) -> tuple[Faces, Faces]:
    """Open PrivateTest. Every call is a look that belongs on the model's card.

    Returns:
        Training, against which copies are found, and PrivateTest.
    """
    faces = _load(data, frozenset((Split.TRAINING, Split.PRIVATE)), classes, side_px)
    return faces[Split.TRAINING], faces[Split.PRIVATE]


def class_order(data: Path, given: Sequence[str] | None = None, contempt: Contempt = "drop") -> ClassOrder:
    """The classes that a network for this data has, and what decides on their order."""
    return _order(_open(data), data, given, contempt)


def preparation(data: Path) -> Mapping[str, Any] | None:
    """What `mien-train prepare` wrote down of how it made the data; None where something else did."""
    return read_classes_file(data if data.is_dir() else data.parent)


def usual_labels(data: Path) -> Labels:
    """What to fit to where nothing is said: what people see in the faces, where the data has their votes."""
    folder = data if data.is_dir() else data.parent
    has_votes = all((folder / name).is_file() for name in (FILE, VOTES_FILE))
    return "ferplus" if has_votes else "fer2013"


def _load(
    data: Path, wanted: frozenset[Split], classes: Sequence[str] | None, side_px: int
) -> Mapping[Split, Faces]:
    reader = _open(data)
    names = tuple(classes or _order(reader, data, None, "drop").names)
    faces = cached_splits(reader, wanted, side_px)
    for split in sorted(wanted):
        if split not in faces:
            raise DataError(
                f"{data} holds no face of {split}; expected FER2013 with its official splits, or pictures in "
                "train, valid and test (`mien-train prepare` splits them)"
            )
    return {split: found.relabel(names) for split, found in faces.items()}


def _open(data: Path) -> Reader:
    if data.is_file():
        return open_manifest(data) if is_manifest(data) else Fer2013Csv(data)
    if not data.is_dir():
        raise DataError(f"{data} is not there; expected fer2013.csv, a folder of pictures or a manifest")
    return Fer2013Csv(data / FILE) if (data / FILE).is_file() else open_folder(data)


def _order(reader: Reader, data: Path, given: Sequence[str] | None, contempt: Contempt) -> ClassOrder:
    if isinstance(reader, Fer2013Csv):
        voted = (CONTEMPT,) if reader.has_votes else ()
        return choose_order(reader.names, given=given, voted=voted, contempt=contempt)
    return choose_order(reader.names, given=given, prepared=preparation(data), contempt=contempt)
