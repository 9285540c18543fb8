"""Gives rare classes their chance after the fit: takes a part of how frequent classes were out of the scores.

A network learns from its data that disgust is rare, and so says it late. Dividing its scores by a power of the
classes' shares (Menon et al. 2021, arXiv:2007.07314, post-hoc logit adjustment) undoes that. It is done in the
bias of the last layer, so that a device computes nothing more, and float and int8 stay one network.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from training.predictions import float_probabilities
from training.sources import Source
from training.splits import Faces
from training.votes import fitting_targets

#: How far scores may be from what they should become; float32 rounds.
_TOLERANCE = 1e-3
_TRIED_FACES = 32


def class_shares(source: Source, training: Faces) -> NDArray[np.float64]:
    """The share of each class in what the network was fitted to, (classes,); they add up to 1."""
    labels: Any = source.fitted_to or "fer2013"
    _, targets = fitting_targets(training, labels if training.votes is not None else "fer2013")
    shares = np.maximum(targets.mean(axis=0, dtype=np.float64), 1e-6)
    return np.asarray(shares / shares.sum())


def shift_prior(model: Any, source: Source, training: Faces, tau: float) -> dict[str, Any]:
    """Divide what the network says by its classes' shares to the power of `tau`, in place.

    Args:
        model: keras.Model that ends in a softmax of a layer with a bias.
        source: where it comes from.
        training: what it was fitted to.
        tau: 0 changes nothing, 1 takes the shares out as a whole.

    Returns:
        What was done, for the card.

    Raises:
        ModelError: the network does not end so.
    """
    shares = class_shares(source, training)
    faces = training.take(np.arange(min(_TRIED_FACES, len(training)))).pixels
    before = float_probabilities(model, faces, source.value_range)
    layer = next((layer for layer in reversed(model.layers) if layer.weights), None)
    bias = getattr(layer, "bias", None)
    if bias is None or tuple(bias.shape) != shares.shape:
        raise ModelError("--prior-shift: the network's last layer has no bias of its classes; leave it out")
    bias.assign(np.asarray(bias) - tau * np.log(shares))
    expected = before * shares**-tau
    expected /= expected.sum(axis=1, keepdims=True)
    if np.abs(float_probabilities(model, faces, source.value_range) - expected).max() > _TOLERANCE:
        raise ModelError("--prior-shift: the network does not end in a softmax of its last layer; leave it out")
    return {
        "tau": tau,
        "shares": {name: round(float(share), 4) for name, share in zip(training.classes, shares, strict=True)},
    }
