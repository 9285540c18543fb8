"""Exports of Teachable Machine (https://teachablemachine.withgoogle.com), known by the network that it makes.

It is always the same: MobileNetV2 of width 0.35, a mean, a dense layer of 100 and one of the classes, 224x224x3
in [-1, 1]: its converter (googlecreativelab/teachablemachine-community, `snippets/converter/image/api.py`) and
its example (`snippets/markdown/image/tensorflow/keras.md`) say so. Nothing else names its layers so.
"""

from collections.abc import Iterable, Sequence

import keras

from training.given import Colour, Range

NAME = "teachable_machine"
LABELS_FILE = "labels.txt"
KERAS_FILE = "keras_model.h5"
FLOAT_FILE = "model_unquant.tflite"
QUANTIZED_FILE = "model.tflite"
COMPILED_FILE = "model_edgetpu.tflite"
#: What a zip or a folder of theirs may hold, the most useful first.
MODEL_FILES = (KERAS_FILE, QUANTIZED_FILE, FLOAT_FILE, COMPILED_FILE)

VALUE_RANGE: Range = (-1.0, 1.0)
COLOUR: Colour = "rgb"
_SHAPE = (224, 224, 3)
_DENSE = ("dense_Dense1", "dense_Dense2")
_CONVOLUTIONS = {"CONV_2D": 35, "DEPTHWISE_CONV_2D": 17, "FULLY_CONNECTED": 2}


def made(model: keras.Model) -> bool:
    """Whether a Keras model is one of theirs."""
    parts = model.layers
    if tuple(model.input_shape[1:]) != _SHAPE or len(parts) != 2:
        return False
    head = parts[1]
    return isinstance(head, keras.Model) and tuple(layer.name for layer in head.layers) == _DENSE


def made_tflite(input_name: str, shape: Sequence[int], operations: Iterable[str]) -> bool:
    """Whether a TFLite model is one of theirs, by its input and the operations in it."""
    names = list(operations)
    return (
        "sequential_" in input_name
        and tuple(shape[1:]) == _SHAPE
        and all(names.count(name) == count for name, count in _CONVOLUTIONS.items())
    )
