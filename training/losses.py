"""The loss of a fit: cross-entropy, where wanted with rare classes given their chance."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray


def make_loss(targets: NDArray[np.float32], label_smoothing: float, logit_adjustment: float) -> keras.Loss:
    """The loss of a fit to these targets, (n, classes)."""
    if not logit_adjustment:
        return keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing)
    shares = targets.mean(axis=0, dtype=np.float64)
    return AdjustedCrossentropy(np.maximum(shares, 1e-6) ** logit_adjustment, label_smoothing)


class AdjustedCrossentropy(keras.losses.Loss):  # type: ignore[misc]
    """Cross-entropy of scores that are first multiplied by what each class is expected to have.

    A network that is fitted so learns what a face says beyond how frequent its class is: without the factor,
    on the device, rare classes are found more often (Menon et al. 2021, arXiv:2007.07314, logit adjustment).

    Args:
        factors: of each class, the share of its faces to the power of the adjustment; all alike change nothing.
        label_smoothing: this share of each target is spread over all classes.
    """

    def __init__(self, factors: Sequence[float] | NDArray[np.float64], label_smoothing: float = 0.0) -> None:
        super().__init__(name="adjusted_crossentropy")
        self._factors = np.asarray(factors, np.float32)
        self._label_smoothing = label_smoothing

    def call(self, targets: Any, scores: Any) -> Any:
        adjusted = scores * self._factors
        shares = adjusted / ops.sum(adjusted, axis=-1, keepdims=True)
        return ops.categorical_crossentropy(_smoothed(targets, self._label_smoothing), shares)


def _smoothed(targets: Any, share: float) -> Any:
    return targets * (1 - share) + share / ops.shape(targets)[-1]
