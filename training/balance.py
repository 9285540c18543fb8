"""Making up for rare classes: disgust is 547 of FER2013's 35,887 pictures."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Balance = Literal["none", "weights", "sampling"]


def face_weights(targets: NDArray[np.float32]) -> NDArray[np.float32]:
    """What each face counts where every class counts the same, (n,); the mean is 1.

    Args:
        targets: (n, classes), probabilities; a class's size is the sum of its column.
    """
    sizes = targets.sum(axis=0, dtype=np.float64)
    class_weights = len(targets) / np.maximum(sizes, 1) / np.count_nonzero(sizes)
    weights = targets @ class_weights
    return np.asarray(weights / weights.mean(), np.float32)


def draw_order(
    count: int, weights: NDArray[np.float32] | None, random: np.random.Generator
) -> NDArray[np.intp]:
    """The rows of an epoch, (count,): each once, or by its weight, rare ones several times."""
    if weights is None:
        return random.permutation(count)
    shares = weights.astype(np.float64)
    return random.choice(count, count, p=shares / shares.sum())
