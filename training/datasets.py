"""FER2013 as arrays, from the forms in which people have it, by its official splits.

Training fits, PublicTest chooses, PrivateTest is looked at once, at the very end. Only the function
`load_final_split` opens PrivateTest, and only `evaluate --final` calls it.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from edge.errors import DataError
from training import fer2013_csv, picture_folders
from training.splits import Faces, Split
from training.votes import Labels

__all__ = ["Faces", "Split", "load_final_split", "load_splits", "usual_labels"]


def load_splits(data: Path, splits: Iterable[Split]) -> Mapping[Split, Faces]:
    """Read some of Training and PublicTest in one pass; rows of other splits are not even decoded.

    Args:
        data: `fer2013.csv`, a folder that holds it (with FER+'s `fer2013new.csv` where one has it), or a
            folder of pictures (see training.picture_folders).
        splits: which.

    Raises:
        DataError: the data is missing or broken, or PrivateTest is asked for.
    """
    wanted = frozenset(splits)
    if Split.PRIVATE in wanted:
        raise DataError(
            "PrivateTest is not for fitting or choosing; only `mien-train evaluate --final` opens it"
        )
    return _load(data, wanted)


def usual_labels(data: Path) -> Labels:
    """What to fit to where nothing is said: what people see in the faces, where the data has their votes."""
    folder = data if data.is_dir() else data.parent
    has_votes = all((folder / name).is_file() for name in (fer2013_csv.FILE, fer2013_csv.VOTES_FILE))
    return "ferplus" if has_votes else "fer2013"


def load_final_split(data: Path) -> tuple[Faces, Faces]:
    """Open PrivateTest. Every call is a look that belongs on the model's card.

    Returns:
        Training, against which copies are found, and PrivateTest.
    """
    faces = _load(data, frozenset((Split.TRAINING, Split.PRIVATE)))
    return faces[Split.TRAINING], faces[Split.PRIVATE]


def _load(data: Path, wanted: frozenset[Split]) -> Mapping[Split, Faces]:
    if data.is_file():
        faces = fer2013_csv.load(data, wanted)
    elif not data.is_dir():
        raise DataError(f"{data} is not there; expected fer2013.csv or a folder of FER2013's pictures")
    elif (data / fer2013_csv.FILE).is_file():
        faces = fer2013_csv.load(data / fer2013_csv.FILE, wanted)
    else:
        faces = picture_folders.load(data, wanted)
    for split in sorted(wanted):
        if split not in faces:
            raise DataError(f"{data} holds no face of {split}; expected FER2013 with its official splits")
    return faces
