"""Figures of a classifier, against the labels and against what raters saw."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from edge.errors import DataError
from training.coverage import risk_coverage, told_from
from training.splits import NO_CLASS, Faces
from training.votes import class_votes, plurality

#: (n, classes), rows add up to 1.
Probabilities = NDArray[np.float32]

#: Rows, and the class that is right in each.
Truth = tuple[NDArray[np.intp], NDArray[np.intp]]

#: From how many of the ten raters on a face counts as clear.
AGREEING_RATERS = 6
_BINS = 15


def figures(
    probabilities: Probabilities, faces: Faces, is_copy: NDArray[np.bool_]
) -> Mapping[str, Mapping[str, Any]]:
    """Everything that a report says of one classifier on one split.

    Args:
        probabilities: one row for each face.
        faces: the split.
        is_copy: which faces are pixel-identical to one of Training.

    Returns:
        For "all" and "without_copies": figures against the labels ("fer2013", or "labels" of other data)
        and, where the data has votes, against the "raters" and where "raters_agree".
    """
    rows = {"all": np.arange(len(faces)), "without_copies": np.flatnonzero(~is_copy)}
    return {name: _against_each(probabilities[part], faces.take(part)) for name, part in rows.items()}


def _against_each(probabilities: Probabilities, faces: Faces) -> Mapping[str, Any]:
    return {
        name: describe(probabilities[rows], truth, faces.classes)
        for name, (rows, truth) in truths(probabilities, faces).items()
    }


def truths(probabilities: Probabilities, faces: Faces) -> Mapping[str, Truth]:
    """What a classifier can be measured against: the labels and, where the data has votes, the raters.

    Returns:
        By name ("fer2013" or "labels", "raters", "raters_agree"): the rows that have a truth, and the class
        that is right in each.
    """
    named = np.flatnonzero(faces.labels != NO_CLASS)
    found: dict[str, Truth] = {faces.truth: (named, faces.labels[named].astype(np.intp))}
    votes = _votes(faces)
    if votes is not None:
        clear = np.flatnonzero(votes.max(axis=1) >= AGREEING_RATERS)
        for name, part in (("raters", np.arange(len(faces))), ("raters_agree", clear)):
            rows, truth = raters_truth(probabilities[part], votes[part])
            found[name] = (part[rows], truth)
    return found


def main_truth(names: Iterable[str]) -> str:
    """The one that is shown first: what people see, where that is known."""
    names = list(names)
    return "raters" if "raters" in names else names[0]


def _votes(faces: Faces) -> NDArray[np.uint8] | None:
    """None without votes, and where a class is one that raters could not choose."""
    try:
        return None if faces.votes is None else class_votes(faces)
    except DataError:
        return None


def raters_truth(
    probabilities: Probabilities, votes: NDArray[np.uint8]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The class of most votes; where several tie, the predicted one if it is among them.

    Returns:
        The rows for which somebody voted, and the truth of each.
    """
    is_right = plurality(votes)
    rows = np.flatnonzero(is_right.any(axis=1))
    predicted = probabilities[rows].argmax(axis=1)
    return rows, np.where(is_right[rows, predicted], predicted, is_right[rows].argmax(axis=1))


def describe(probabilities: Probabilities, truth: NDArray[Any], names: Sequence[str]) -> Mapping[str, Any]:
    """Accuracy in its several senses; a mean over classes is over those that occur."""
    if not len(truth):
        return {"faces": 0}
    classes = np.arange(len(names))
    predicted = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1).astype(np.float64)
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, predicted, labels=classes, zero_division=0
    )
    occurs = support > 0
    return {
        "faces": len(truth),
        "accuracy": _rounded((predicted == truth).mean()),
        "balanced_accuracy": _rounded(recall[occurs].mean()),
        "macro_f1": _rounded(f1[occurs].mean()),
        "calibration_error": _rounded(calibration_error(probabilities, truth)),
        "per_class": {
            name: {
                "precision": _rounded(precision[index]),
                "recall": _rounded(recall[index]),
                "f1": _rounded(f1[index]),
                "faces": int(support[index]),
            }
            for index, name in enumerate(names)
        },
        "confusion": confusion_matrix(truth, predicted, labels=classes).tolist(),
        "reliability": reliability(probabilities, truth),
        "risk_coverage": risk_coverage(confidence, predicted == truth),
        "told_from": told_from(confidence, predicted == truth),
    }


def calibration_error(probabilities: Probabilities, truth: NDArray[Any]) -> float:
    """Expected calibration error over 15 bins of confidence (Guo et al. 2017, arXiv:1706.04599), 0..1."""
    _, confidence, right = _binned(probabilities, truth)
    return float(np.abs(confidence - right).sum() / len(truth))


def reliability(probabilities: Probabilities, truth: NDArray[Any]) -> list[Mapping[str, float]]:
    """The bins behind the calibration error that hold a face.

    Returns:
        For each "from" and "to" (of the confidence, 0..1), "faces", "right" (how many of them), and
        "confidence", their mean.
    """
    faces, confidence, right = _binned(probabilities, truth)
    return [
        {
            "from": _rounded(index / _BINS),
            "to": _rounded((index + 1) / _BINS),
            "faces": int(faces[index]),
            "right": int(right[index]),
            "confidence": _rounded(confidence[index] / faces[index]),
        }
        for index in np.flatnonzero(faces)
    ]


def _binned(probabilities: Probabilities, truth: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """By bin of confidence: faces, the sum of their confidence, and how many are right."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    is_right = probabilities.argmax(axis=1) == truth
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return tuple(np.bincount(bins, weights, minlength=_BINS) for weights in (None, confidence, is_right))


def accuracy(probabilities: Probabilities, labels: NDArray[Any]) -> float:
    """Share of the rows with a label whose most probable class it is."""
    named = labels != NO_CLASS
    return float((probabilities[named].argmax(axis=1) == labels[named]).mean())


def plurality_accuracy(probabilities: Probabilities, votes: NDArray[np.uint8]) -> float:
    """Share of rows whose most probable class got the most votes.

    Args:
        probabilities: (n, classes).
        votes: (n, classes); rows without a vote are left out, and each of several classes that tie is right.
    """
    rows, truth = raters_truth(probabilities, votes)
    return accuracy(probabilities[rows], truth)


def find_copies(faces: Faces, training: Faces) -> NDArray[np.bool_]:
    """Which faces are pixel-identical to one of Training, (n,)."""
    known = {_digest(face) for face in training.pixels}
    return np.array([_digest(face) in known for face in faces.pixels], bool)


def _digest(face: NDArray[np.uint8]) -> bytes:
    return hashlib.blake2b(face.tobytes(), digest_size=16).digest()


def _rounded(share: float) -> float:
    return round(float(share), 5)
