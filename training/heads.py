"""A network's last layer with weights, made again for other classes."""

import logging
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from training.freezing import leaves

logger = logging.getLogger(__name__)

#: What says how many outputs a layer has, in its configuration.
_SIZES = ("units", "filters")


def with_head(model: keras.Model, old: Sequence[str] | None, new: Sequence[str]) -> keras.Model:
    """The network with an output for each of the new classes; a class that it knew keeps its weights.

    Args:
        model: with a layer of `old` outputs, after which come only layers without weights; it may stand in a
            network within the network, as Teachable Machine's does.
        old: its classes; None: not known, so none of the old weights can be kept.
        new: the classes that it is to have.

    Raises:
        ModelError: its last layer with weights is not of that kind.
    """
    if old is not None and tuple(old) == tuple(new):
        return model
    head = _find_head(model)
    try:
        other = _copy_model(model, head, len(new))
    except ValueError as error:
        raise ModelError(
            f"{model.name} cannot have {len(new)} outputs: {str(error).splitlines()[0][:120]}"
        ) from None
    for before, after in zip(leaves(model), leaves(other), strict=True):
        if before is not head:
            after.set_weights(before.get_weights())
        else:
            _keep_columns(head, after, old or (), new)
    kept = [name for name in new if old and name in old]
    logger.info(
        "a new head, %s, for %d classes (%s); %s", head.name, len(new), ", ".join(new),
        f"{', '.join(kept)} keep their weights" if kept else "all of them begin anew",
    )  # fmt: skip
    return other


def _find_head(model: keras.Model) -> keras.layers.Layer:
    outputs = model.output_shape[1]
    with_weights = [layer for layer in leaves(model) if layer.weights]
    head = with_weights[-1] if with_weights else None
    if head is None or not any(head.get_config().get(size) == outputs for size in _SIZES):
        name = "no layer" if head is None else f"{head.name} ({type(head).__name__})"
        raise ModelError(
            f"{model.name}'s last layer with weights is {name}; expected a dense layer or a convolution of "
            f"{outputs} outputs, which can be made again for other classes"
        )
    return head


def _copy_model(model: keras.Model, head: keras.layers.Layer, outputs: int) -> keras.Model:
    """The same layers, new but for their weights; a network within the network is copied likewise."""

    def copy(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, keras.Model):
            return _copy_model(layer, head, outputs)
        return _copy(layer, head, outputs)

    return keras.models.clone_model(model, clone_function=copy)


def _copy(layer: keras.layers.Layer, head: keras.layers.Layer, outputs: int) -> keras.layers.Layer:
    config: dict[str, Any] = layer.get_config()
    if layer is head:
        config |= {size: outputs for size in _SIZES if size in config}
    return type(layer).from_config(config)


def _keep_columns(
    before: keras.layers.Layer, after: keras.layers.Layer, old: Sequence[str], new: Sequence[str]
) -> None:
    """Copy what belongs to a class in both; the outputs stand last in kernels and biases."""
    pairs = [(old.index(name), place) for place, name in enumerate(new) if name in old]
    weights: list[NDArray[np.float32]] = []
    for source, target in zip(before.get_weights(), after.get_weights(), strict=True):
        if source.shape == target.shape and source.shape[-1] != len(old):
            weights.append(source)  # the depthwise part of a separable convolution
            continue
        for here, there in pairs:
            target[..., there] = source[..., here]
        weights.append(target)
    after.set_weights(weights)
