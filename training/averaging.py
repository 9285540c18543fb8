"""Averaged weights: what the last few hundred batches agree on, which is better than any one of them."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

Weights = Sequence[NDArray[np.float32]]


class WeightAverage(keras.callbacks.Callback):  # type: ignore[misc]
    """An exponential moving average over batches of all weights (Polyak and Juditsky 1992).

    The moving averages of batch normalizations are averaged like the rest, so that they fit the averaged
    kernels. In the first batches the momentum is lower, or the untrained weights would linger.
    """

    def __init__(self, momentum: float, weights: Weights, batches_seen: int, every: int = 1) -> None:
        """Hold the averages so far. Weights count after every so many batches: between, they are elsewhere."""
        super().__init__()
        self._momentum = momentum
        self._batches_seen, self._every = batches_seen // every, every
        self.weights = [np.array(weight, np.float32) for weight in weights]

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if (batch + 1) % self._every:
            return
        self._batches_seen += 1
        momentum = min(self._momentum, self._batches_seen / (10 + self._batches_seen))
        for average, weight in zip(self.weights, self.model.get_weights(), strict=True):
            average += np.float32(1 - momentum) * (weight - average)
