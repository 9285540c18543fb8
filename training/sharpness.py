"""Sharpness-aware steps: not the lowest place of the loss is looked for, but one whose surroundings are low.

Foret et al. 2021 (arXiv:2010.01412): from the weights, go a little way up the loss; the gradient there moves
the weights. Each batch is shown twice: the first time the optimizer climbs, the second time it comes back and
steps. So it needs nothing but an optimizer, on every backend; an epoch takes twice as long.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from training.batches import Batch

#: How often each batch is shown.
TIMES = 2


class TwiceBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Every batch of another data set twice in a row."""

    def __init__(self, batches: keras.utils.PyDataset) -> None:
        super().__init__(
            workers=batches.workers, use_multiprocessing=False, max_queue_size=batches.max_queue_size
        )
        self._batches = batches

    def __len__(self) -> int:
        return TIMES * len(self._batches)

    def __getitem__(self, index: int) -> Batch:
        batch: Batch = self._batches[index // TIMES]
        return batch


def settle(model: keras.Model, batch: Batch) -> None:
    """Let Keras build what it builds of a first batch.

    On JAX it takes that batch out of the row, in a model's first epoch, and shows it last: a climb would be
    followed by another batch's step.
    """
    model.test_on_batch(*batch)


class SharpnessAwareAdamW(keras.optimizers.AdamW):  # type: ignore[misc]
    """AdamW whose every second call steps, by the gradient found at the place to which the first one climbed.

    Both kinds of call compute the same, and keep what belongs to theirs: what a graph is made of once cannot
    take turns.

    Args:
        distance: how far up, as the length of the step in all weights together.
    """

    def __init__(self, *args: Any, distance: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._distance = distance

    def build(self, variables: list[Any]) -> None:
        if self.built:
            return
        super().build(variables)
        self._climbs = self.add_optimizer_variables(variables, "climb")
        self._is_up = self.add_variable((), initializer="zeros", dtype="float32", name="is_up")

    def apply(self, grads: list[Any], trainable_variables: list[Any] | None = None) -> None:
        if trainable_variables is not None:
            self.build(list(trainable_variables))
        weights = list(trainable_variables or self._trainable_variables)
        is_up = ops.cast(self._is_up, "bool")
        start, climbed = _values(weights), _values(self._climbs)
        states = list(self.variables)  # momenta, steps: they change with the weights alone
        before = _values(states)
        for weight, value, climb in zip(weights, start, climbed, strict=True):
            weight.assign(ops.where(is_up, value - climb, value))
        super().apply(grads, trainable_variables)
        stepped = _values(weights)
        for state, old, new in zip(states, before, _values(states), strict=True):
            state.assign(ops.where(is_up, new, old))
        for index, up in enumerate(self._upwards(grads)):
            weights[index].assign(ops.where(is_up, stepped[index], start[index] + up))
            self._climbs[index].assign(ops.where(is_up, ops.zeros_like(up), up))
        self._is_up.assign(ops.where(is_up, 0.0, 1.0))

    def _upwards(self, grads: list[Any]) -> list[Any]:
        """The way up for each weight, in all `distance` long."""
        length = ops.sqrt(sum(ops.sum(ops.square(grad)) for grad in grads))
        return [grad * (self._distance / (length + 1e-12)) for grad in grads]


def _values(variables: Sequence[Any]) -> list[Any]:
    """What they hold now, whatever becomes of them."""
    return [ops.copy(ops.convert_to_tensor(variable)) for variable in variables]
