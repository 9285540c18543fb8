"""Leaving the first layers of a network as they are."""

import logging
from collections.abc import Iterator

import keras

from edge.errors import UsageError

logger = logging.getLogger(__name__)


def freeze(model: keras.Model, count: int, until: str | None) -> None:
    """Freeze the first layers. A frozen batch normalization computes as it will on the device.

    (Keras's own rule: where `trainable` is off it takes the moving averages and leaves them as they are.)

    Args:
        model: what to freeze, not compiled yet.
        count: how many layers, the input not counted.
        until: the name of the last layer to freeze; None: it is `count` that says.

    Raises:
        UsageError: there is no such layer, or nothing would be left to train.
    """
    layers = [layer for layer in leaves(model) if not isinstance(layer, keras.layers.InputLayer)]
    names = [layer.name for layer in layers]
    if until is not None:
        if until not in names:
            raise UsageError(f"--freeze-until names {until}, which is no layer; there are {', '.join(names)}")
        count = names.index(until) + 1
    if not count:
        return
    for layer in layers[:count]:
        layer.trainable = False
    if not model.trainable_variables:
        raise UsageError(f"--freeze {count} leaves nothing to train; the network has {len(layers)} layers")
    frozen = sum(layer.count_params() for layer in layers[:count])
    logger.info(
        "frozen: the first %d of %d layers, up to %s; %d of %d parameters",
        count, len(layers), names[count - 1], frozen, model.count_params(),
    )  # fmt: skip


def unfreeze(model: keras.Model) -> None:
    """Free every layer; of a cloned model, Keras's own `trainable = True` does not reach them."""
    for layer in leaves(model):
        layer.trainable = True


def leaves(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """The layers in their order; of a network within the network, its layers in its place."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from leaves(layer)
        else:
            yield layer
