"""Descriptions that Keras 2 wrote, in the words of Keras 3, where that refuses them or reads them otherwise."""

from collections.abc import Iterable
from typing import Any

#: Arguments that Keras 2 wrote down for these layers although they have no such thing: Keras 3 refuses them
#: ("Unrecognized keyword arguments passed to DepthwiseConv2D: {'groups': 1}", as with Teachable Machine's
#: exports). Of value 1, groups mean nothing; initializers, regularizers and constraints are for fitting.
_SUPERFLUOUS = ("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint")
_OF_LAYERS = ("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D")


def modernized(config: Any, is_keras_2: bool) -> Any:
    """The same model's description for Keras 3; a new object.

    Args:
        config: as it stands in the file.
        is_keras_2: Keras 2 (or 1) wrote it.
    """
    if isinstance(config, list):
        return [modernized(part, is_keras_2) for part in config]
    if not isinstance(config, dict):
        return config
    found = {
        name: modernized(value, is_keras_2)
        for name, value in config.items()
        # what weights began with matters no more, and Keras 2 described it in words of its own
        if not (is_keras_2 and name.endswith("_initializer"))
    }
    if found.get("class_name") in _OF_LAYERS and isinstance(found.get("config"), dict):
        found["config"] = _without_superfluous(found["config"])
    if is_keras_2:
        if found.get("class_name") == "Sequential" and isinstance(found.get("config"), dict):
            found["config"] = _with_input_layer(found["config"])
        # Keras 2 wrote a list of tensors where there was one; to Keras 3 that is a list as input or output,
        # which the layer behind a network within a network does not take.
        for name in ("input_layers", "output_layers"):
            if _is_list_of_one(found.get(name)):
                found[name] = found[name][0]
    return found


def _without_superfluous(config: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in config.items()
        if name not in _SUPERFLUOUS or (name == "groups" and value != 1)
    }


def _with_input_layer(config: dict[str, Any]) -> dict[str, Any]:
    """Say by a layer of its own what the first layer takes; Keras 3 counts the batch twice otherwise."""
    layers = config.get("layers")
    first = layers[0] if isinstance(layers, list) and layers else None
    inner = first.get("config") if isinstance(first, dict) else None
    if not isinstance(first, dict) or not isinstance(inner, dict) or first.get("class_name") == "InputLayer":
        return config
    shape = inner.pop("batch_input_shape", None)
    if shape is None:
        return config
    taken = {"batch_input_shape": shape, "dtype": "float32", "name": f"{inner.get('name', 'first')}_input"}
    return {**config, "layers": [{"class_name": "InputLayer", "config": taken}, *layers]}


def _is_list_of_one(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 1 and isinstance(value[0], Iterable)
