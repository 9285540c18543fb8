"""Which class is taken for which, and the pictures where a network was surest and wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.metrics import Probabilities, Truth

_PAIRS = 8
_EXAMPLES = 8


def top_confusions(
    probabilities: Probabilities,
    truth: Truth,
    names: Sequence[str],
    pairs: int = _PAIRS,
    examples: int = _EXAMPLES,
) -> list[Mapping[str, Any]]:
    """The most frequent mistakes.

    Args:
        probabilities: (n, classes), of all faces of a split.
        truth: of training.metrics.truths.
        names: of the classes.
        pairs: at most so many pairs of classes.
        examples: at most so many faces of each.

    Returns:
        By frequency: "true" and "predicted" (names), "faces", "share" (of the true class's faces, 0..1), and
        "examples": "row" (in the split) and "confidence" of the surest mistakes.
    """
    rows, right = truth
    scores = probabilities[rows]
    predicted, confidence = scores.argmax(axis=1), scores.max(axis=1)
    counts = np.zeros((len(names), len(names)), int)
    np.add.at(counts, (right, predicted), 1)
    totals = counts.sum(axis=1)
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:pairs]
    found = []
    for one, other in zip(*np.unravel_index(order, counts.shape), strict=True):
        if not counts[one, other]:
            break
        places = np.flatnonzero((right == one) & (predicted == other))
        surest = places[np.argsort(-confidence[places], kind="stable")[:examples]]
        found.append(
            {
                "true": names[one],
                "predicted": names[other],
                "faces": int(counts[one, other]),
                "share": round(float(counts[one, other] / totals[one]), 5),
                "examples": _examples(rows[surest], confidence[surest]),
            }
        )
    return found


def _examples(rows: NDArray[np.intp], confidence: NDArray[np.float32]) -> list[Mapping[str, Any]]:
    return [
        {"row": int(row), "confidence": round(float(sure), 4)}
        for row, sure in zip(rows, confidence, strict=True)
    ]
