"""Whether one classifier is better than another on the same pictures, or was only lucky."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest


@dataclass(frozen=True, slots=True)
class Mcnemar:
    """McNemar's exact test (McNemar 1947; as an exact binomial test, Dietterich 1998).

    Attributes:
        only_first: pictures on which the first is right and the second is wrong.
        only_second: the other way round.
        p: how often chance alone would make a difference at least as large, were both equally good; 0..1.
    """

    only_first: int
    only_second: int
    p: float


def mcnemar(first_right: NDArray[np.bool_], second_right: NDArray[np.bool_]) -> Mcnemar:
    """Compare two classifiers by the pictures on which one alone is right, (n,) each."""
    only_first = int((first_right & ~second_right).sum())
    only_second = int((~first_right & second_right).sum())
    disagree = only_first + only_second
    p = binomtest(only_first, disagree).pvalue if disagree else 1.0
    return Mcnemar(only_first, only_second, float(p))
