"""What a network is fitted to: FER2013's labels, what FER+'s raters saw, or half of each."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError
from edge.labels import EMOTIONS
from training.classes import CONTEMPT
from training.splits import NO_CLASS, Faces

#: FER+'s columns (Barsoum et al. 2016, arXiv:1608.01041).
COLUMNS = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF",
)  # fmt: skip

_NAME_IN_FERPLUS = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "sad": "sadness",
    "surprise": "surprise",
    "neutral": "neutral",
    CONTEMPT: "contempt",
}
_NOT_A_FACE = [COLUMNS.index("unknown"), COLUMNS.index("NF")]

Labels = Literal["fer2013", "ferplus", "mix"]
Votes = Literal["distribution", "majority"]


def class_votes(faces: Faces) -> NDArray[np.uint8]:
    """Votes for each of the classes, (n, classes).

    Unknown and no face are left out, and contempt where it is no class. A picture in which most raters saw
    one of the seven that is no class (fear, in a network without fear) has no votes at all: what the others
    saw in it is not what it shows.

    Raises:
        DataError: the data has no votes, or a class is none that raters could choose.
    """
    if faces.votes is None:
        raise DataError(
            "the data holds no votes; put FER+'s fer2013new.csv beside fer2013.csv, or use --labels fer2013"
        )
    if strange := [name for name in faces.classes if name not in _NAME_IN_FERPLUS]:
        raise DataError(f"FER+'s raters could not choose {strange[0]}; use --labels fer2013")
    counts = faces.votes[:, [COLUMNS.index(_NAME_IN_FERPLUS[name]) for name in faces.classes]]
    missing = [COLUMNS.index(_NAME_IN_FERPLUS[name]) for name in EMOTIONS if name not in faces.classes]
    most_elsewhere = faces.votes[:, missing].max(axis=1, initial=0)
    return np.where((counts.max(axis=1) >= most_elsewhere)[:, np.newaxis], counts, np.uint8(0))


def plurality(votes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which classes got the most votes, (n, classes); several where they tie, none where nobody voted."""
    most = votes.max(axis=1, keepdims=True)
    has_most: NDArray[np.bool_] = (votes == most) & (most > 0)
    return has_most


def fitting_targets(
    faces: Faces, labels: Labels, votes: Votes = "distribution"
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Choose the rows to fit to and what each should give.

    Args:
        faces: a split.
        labels: "fer2013", the label; "ferplus", the raters' votes, without the pictures for which nobody
            chose one of the classes or half the raters saw nothing to name; "mix", half of each, and the
            label alone where there are no votes. Pictures of other classes are left out.
        votes: "distribution", each class's share of the votes; "majority", the class of most votes,
            shared between classes that tie.

    Returns:
        Row numbers, (m,), and probabilities, (m, classes).
    """
    named = np.flatnonzero(faces.labels != NO_CLASS)
    one_hot = np.eye(len(faces.classes), dtype=np.float32)[faces.labels]  # where there is a label
    if labels == "fer2013":
        return named, one_hot[named]
    counts = class_votes(faces)
    shares = _shares(plurality(counts) if votes == "majority" else counts)
    are_usable = _are_usable(faces, counts)
    if labels == "ferplus":
        rows = np.flatnonzero(are_usable)
        return rows, shares[rows]
    return named, np.where(are_usable[:, np.newaxis], (one_hot + shares) / 2, one_hot)[named]


def _shares(counts: NDArray[np.uint8] | NDArray[np.bool_]) -> NDArray[np.float32]:
    weights = counts.astype(np.float32)
    shares: NDArray[np.float32] = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1)
    return shares


def _are_usable(faces: Faces, counts: NDArray[np.uint8]) -> NDArray[np.bool_]:
    assert faces.votes is not None
    all_votes = faces.votes.sum(axis=1, dtype=np.int32)
    unnamed = faces.votes[:, _NOT_A_FACE].sum(axis=1, dtype=np.int32)
    usable: NDArray[np.bool_] = (counts.sum(axis=1, dtype=np.int32) > 0) & (2 * unnamed < all_votes)
    return usable
