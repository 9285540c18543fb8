"""Accuracy by groups of faces: by what can be seen of a picture, since nothing is known of whom it shows.

How light, how contrasty and how sharp a picture is says how it was taken; a dark picture is no dark skin, and
stands for none. What the data does not tell is listed as unmeasured, so that nobody takes silence for fairness.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.intervals import share_interval
from training.metrics import Probabilities, main_truth, truths
from training.splits import Faces
from training.votes import COLUMNS

#: Of what a network's makers would have to know of the people in the pictures.
UNMEASURED = (
    "age",
    "sex and gender",
    "skin colour and origin",
    "glasses, beards, make-up, veils and scarves",
    "illness, palsy and scars that change a face",
    "neurodivergence: who expresses less, or otherwise, than others expect",
)

#: A group is told from so many faces on; below, the interval would be wider than any difference.
_LEAST_FACES = 30

#: By how a picture was taken: the words for the lowest and for the highest quarter, and what is measured.
_TAKEN = {
    "light": ("darkest", "lightest", "mean grey level"),
    "contrast": ("flattest", "most contrasty", "deviation of the grey levels"),
    "sharpness": ("most blurred", "sharpest", "deviation of the Laplacian"),
}
_VOTERS = {"2 to 5 of 10 raters agree": (2, 5), "6 or 7": (6, 7), "8 or 9": (8, 9), "all 10": (10, 10)}


def measure_groups(scores: Probabilities, faces: Faces, split: str) -> Mapping[str, Any]:
    """Accuracy in each group of a split.

    Args:
        scores: one row for each face.
        faces: the split.
        split: its name, for the record.

    Returns:
        "against" (see training.metrics.truths), "by" kind of group the rows of its groups ("group", "faces",
        "accuracy", and the 95% interval "low" to "high"; accuracies are 0..1), and what is "unmeasured".
    """
    found = truths(scores, faces)
    against = main_truth(found)
    rows, truth = found[against]
    is_right = scores[rows].argmax(axis=1) == truth
    by = {name: list(_quarters(name, values[rows], is_right)) for name, values in _taken(faces).items()}
    if faces.votes is not None:
        by["agreement"] = list(_by_agreement(faces.votes[rows], is_right))
    known = {name: groups for name, groups in by.items() if groups}
    return {"split": split, "against": against, "by": known, "unmeasured": list(UNMEASURED)}


def _taken(faces: Faces) -> Mapping[str, NDArray[np.float64]]:
    """How each picture was taken, (n,)."""
    measured = np.array([_look(face) for face in faces.pixels], np.float64).reshape(-1, len(_TAKEN))
    return dict(zip(_TAKEN, measured.T, strict=True))


def _look(face: NDArray[np.uint8]) -> tuple[float, float, float]:
    side_px = face.shape[0]
    middle = face[side_px // 4 : -side_px // 4, side_px // 4 : -side_px // 4]  # skin rather than what is behind
    return float(middle.mean()), float(face.std()), float(cv2.Laplacian(face, cv2.CV_64F).std())


def _quarters(
    name: str, values: NDArray[np.float64], is_right: NDArray[np.bool_]
) -> Iterator[Mapping[str, Any]]:
    if len(values) < 4 * _LEAST_FACES:
        return
    lowest, highest, what = _TAKEN[name]
    first, middle, last = (float(edge) for edge in np.quantile(values, [0.25, 0.5, 0.75]))
    yield _row(f"{lowest} quarter: {what} below {first:.0f}", is_right[values < first])
    yield _row(f"second quarter: {first:.0f} to {middle:.0f}", is_right[(values >= first) & (values < middle)])
    yield _row(f"third quarter: {middle:.0f} to {last:.0f}", is_right[(values >= middle) & (values < last)])
    yield _row(f"{highest} quarter: {what} from {last:.0f}", is_right[values >= last])


def _by_agreement(votes: NDArray[np.uint8], is_right: NDArray[np.bool_]) -> Iterator[Mapping[str, Any]]:
    most = votes[:, : COLUMNS.index("unknown")].max(axis=1)
    for group, (fewest, greatest) in _VOTERS.items():
        part = is_right[(most >= fewest) & (most <= greatest)]
        if len(part) >= _LEAST_FACES:
            yield _row(group, part)


def _row(group: str, is_right: NDArray[np.bool_]) -> Mapping[str, Any]:
    right, faces = int(is_right.sum()), len(is_right)
    low, high = share_interval(right, faces) if faces else (0.0, 1.0)
    return {
        "group": group,
        "faces": faces,
        "accuracy": round(right / max(1, faces), 5),
        "low": round(low, 5),
        "high": round(high, 5),
    }
