"""How far figures would move with other pictures of the same kind: bootstrap intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

LEVEL = 0.95

#: Lower and upper end, 0..1; None where nothing is known, as for a class without a face.
Interval = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How intervals are made.

    Attributes:
        resamples: how many sets of pictures are drawn from the measured ones; 0: no intervals.
        seed: of the draws.
    """

    resamples: int = 1000
    seed: int = 0

    def record(self) -> Mapping[str, Any]:
        return {**asdict(self), "level": LEVEL}


def bootstrap_intervals(
    confusion: Sequence[Sequence[int]], names: Sequence[str], bootstrap: Bootstrap
) -> Mapping[str, Any]:
    """Percentile intervals (Efron 1979) of all that follows from a confusion matrix.

    To draw so many pictures with replacement is to draw how many fall into each cell of the matrix, which is
    a multinomial draw: no picture need be looked at again.

    Args:
        confusion: (n, n), true class by predicted class.
        names: of the classes.
        bootstrap: how many draws.

    Returns:
        "accuracy", "balanced_accuracy", "macro_f1", and in "per_class" each class's "precision", "recall" and
        "f1", as training.metrics.describe defines them.
    """
    table = np.asarray(confusion)
    count = int(table.sum())
    random = np.random.default_rng(bootstrap.seed)
    drawn = random.multinomial(count, table.ravel() / count, bootstrap.resamples).reshape(-1, *table.shape)
    right = drawn.diagonal(axis1=1, axis2=2).astype(float)
    true, predicted = drawn.sum(axis=2), drawn.sum(axis=1)
    occurs = true > 0
    recall = np.where(occurs, right / np.maximum(true, 1), np.nan)
    f1 = np.where(occurs, 2 * right / np.maximum(true + predicted, 1), np.nan)
    precision = right / np.maximum(predicted, 1)
    is_known = table.sum(axis=1) > 0
    return {
        "accuracy": _interval(right.sum(axis=1) / count),
        "balanced_accuracy": _interval(np.nanmean(recall[:, is_known], axis=1)),
        "macro_f1": _interval(np.nanmean(f1[:, is_known], axis=1)),
        "per_class": {
            name: {
                "precision": _interval(precision[:, index]) if is_known[index] else None,
                "recall": _interval(recall[:, index]),
                "f1": _interval(f1[:, index]),
            }
            for index, name in enumerate(names)
        },
    }


def share_interval(right: int, faces: int) -> tuple[float, float]:
    """Wilson's interval of a share (Wilson 1927), which holds for few faces, too, where resampling does not."""
    found = binomtest(right, faces).proportion_ci(LEVEL, method="wilson")
    return float(found.low), float(found.high)


def _interval(values: NDArray[np.float64]) -> Interval:
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return round(float(low), 5), round(float(high), 5)
