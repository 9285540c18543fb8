"""What a network says of many faces: the float one by Keras, the int8 one by the device's own code."""

import keras
import numpy as np

from edge.emotion.bundle import Bundle
from edge.emotion.classifier import Classifier
from training.batches import PlainBatches
from training.metrics import Probabilities
from training.model_files import load_float_model
from training.splits import Pictures

__all__ = ["float_probabilities", "int8_probabilities", "load_float_model"]


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
    batches = PlainBatches(pixels, model.input_shape[1], value_range)
    found = model.predict(batches, verbose=0)[: len(pixels)] ** (1 / temperature)
    return np.asarray(found / found.sum(axis=1, keepdims=True), np.float32)


def int8_probabilities(bundle: Bundle, pixels: Pictures) -> Probabilities:
    """Probabilities of a bundle's int8 network, through the code that runs on the device, (n, classes)."""
    classifier = Classifier.open(bundle)
    return np.stack([classifier.probabilities(face) for face in pixels])
