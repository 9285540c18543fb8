"""What a network says of many faces: the float one by Keras, the int8 one by the device's own code."""

from collections.abc import Callable

import keras
import numpy as np
from numpy.typing import NDArray

from edge.emotion.bundle import Bundle
from edge.emotion.classifier import Classifier
from edge.emotion.runtime import import_runtime
from edge.errors import ModelError
from edge.quiet import quiet_stderr
from training.batches import PlainBatches
from training.metrics import Probabilities
from training.model_files import load_float_model
from training.splits import Pictures

#: By how much the scores of a face may miss 1, in float.
_ROUNDING = 0.01

__all__ = ["float_interpreter", "float_probabilities", "int8_probabilities", "load_float_model"]


def float_probabilities(
    model: keras.Model, pixels: Pictures, value_range: tuple[float, float], temperature: float = 1.0
) -> Probabilities:
    """Probabilities of a float network, (n, classes).

    Args:
        model: of `load_float_model`.
        pixels: (n, h, w), 0..255.
        value_range: of the network's input.
        temperature: as on the card, so that float and int8 are compared like with like.
    """
    side_px, channels = model.input_shape[1], model.input_shape[3]
    batches = PlainBatches(pixels, side_px, value_range, channels)
    return as_probabilities(model.predict(batches, verbose=0)[: len(pixels)], temperature, model.name)


def as_probabilities(found: NDArray[np.float32], temperature: float, name: str) -> Probabilities:
    """What a network gave for many faces, (n, classes), at a temperature.

    Raises:
        ModelError: these are no probabilities.
    """
    sums = found.sum(axis=1, keepdims=True)
    if not (found >= 0).all() or not np.allclose(sums, 1, atol=_ROUNDING):
        raise ModelError(
            f"{name} gives {', '.join(f'{value:.2f}' for value in found[0][:3])}, … for a face; expected "
            "probabilities that add up to 1: a softmax is its last layer"
        )
    warmer = found ** (1 / temperature)
    return np.asarray(warmer / warmer.sum(axis=1, keepdims=True), np.float32)


def int8_probabilities(bundle: Bundle, pixels: Pictures) -> Probabilities:
    """Probabilities of a bundle's int8 network, through the code that runs on the device, (n, classes)."""
    classifier = Classifier.open(bundle)
    return np.stack([classifier.probabilities(face) for face in pixels])


def float_interpreter(content: bytes, threads: int) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """A float `.tflite` model by LiteRT: from one input, (1, side, side, channels), to (classes,).

    Raises:
        ValueError, RuntimeError: the content is no such model.
    """
    with quiet_stderr():
        interpreter = import_runtime().Interpreter(model_content=content, num_threads=threads)
        interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    sink = interpreter.get_output_details()[0]["index"]

    def run(values: NDArray[np.float32]) -> NDArray[np.float32]:
        interpreter.set_tensor(source, values)
        interpreter.invoke()
        found: NDArray[np.float32] = interpreter.get_tensor(sink)[0]
        return found

    return run
