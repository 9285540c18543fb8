"""What a network says of many faces: the float one by Keras, the int8 one by the device's own code."""

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.emotion.bundle import Bundle
from edge.emotion.classifier import Classifier
from edge.errors import ModelError
from edge.labels import EMOTIONS
from training.batches import model_inputs
from training.metrics import Probabilities


def load_float_model(path: Path) -> keras.Model:
    """Load a `.keras` file of ours: a square grey face in, seven probabilities out.

    Raises:
        ModelError: it is missing, broken or of another shape.
    """
    if not path.is_file():
        raise ModelError(f"{path} is missing; expected a Keras model")
    try:
        model = keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0][:120]
        raise ModelError(f"{path} is not a Keras model that can be loaded: {reason}") from None
    source, sink = tuple(model.input_shape), tuple(model.output_shape)
    if len(source) != 4 or source[1] != source[2] or source[3] != 1 or sink[1:] != (len(EMOTIONS),):
        raise ModelError(
            f"{path} takes {source[1:]} and gives {sink[1:]}; expected (side, side, 1) and ({len(EMOTIONS)},)"
        )
    return model


def float_probabilities(
    model: keras.Model, pixels: NDArray[np.uint8], value_range: tuple[float, float], temperature: float = 1.0
) -> Probabilities:
    """Probabilities of a float network, (n, 7).

    Args:
        model: of `load_float_model`.
        pixels: (n, h, w), 0..255.
        value_range: of the network's input.
        temperature: as on the card, so that float and int8 are compared like with like.
    """
    inputs = model_inputs(pixels, model.input_shape[1], value_range)
    found = model.predict(inputs, batch_size=256, verbose=0) ** (1 / temperature)
    return np.asarray(found / found.sum(axis=1, keepdims=True), np.float32)


def int8_probabilities(bundle: Bundle, pixels: NDArray[np.uint8]) -> Probabilities:
    """Probabilities of a bundle's int8 network, through the code that runs on the device, (n, 7)."""
    classifier = Classifier.open(bundle)
    return np.stack([classifier.probabilities(face) for face in pixels])
