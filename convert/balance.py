"""Gives rare classes their chance after the fit: scores for which rare classes count more.

Who names the likeliest class is right most often, and hardly ever says disgust, which one face in a hundred
shows. Who would be right in every class alike multiplies the chance of each by the inverse of its share, and
says it far too often. Between the two, to make the most of (1 - b) accuracy + b balanced accuracy, a class of
share s among k is multiplied by (1 - b) + b / (k s): the best that can be done with chances that are right
(Bayes's rule for these costs; b = 1 is the logit adjustment of Menon et al. 2021, arXiv:2007.07314).

So scores are first made chances, by a temperature and a correction of each class that PublicTest asks for (Guo
et al. 2017, arXiv:1706.04599, with one scale for all classes). All of it is done in the bias of the last
layer: a device computes nothing more, and float and int8 stay one network.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from convert.temperature import COLDEST, LEAST_FACES, WARMEST
from edge.errors import ModelError
from training.metrics import Probabilities, main_truth, truths
from training.predictions import float_probabilities
from training.sources import Source
from training.splits import Faces
from training.votes import fitting_targets

#: How far scores may be from what they should become; float32 rounds.
_TOLERANCE = 1e-3
_TRIED_FACES = 32
_LEAST_SCORE = 1e-6


def class_shares(source: Source, training: Faces) -> NDArray[np.float64]:
    """How often each class is the right one in what the network was fitted to, (classes,); they add up to 1."""
    labels: Any = source.fitted_to if training.votes is not None else None
    _, targets = fitting_targets(training, labels or "fer2013", "majority")
    shares = np.maximum(targets.mean(axis=0, dtype=np.float64), 1e-6)
    return np.asarray(shares / shares.sum())


def balance_classes(model: Any, source: Source, training: Faces, public: Faces, share: float) -> dict[str, Any]:
    """Let the network name what makes the most of accuracy and balanced accuracy, in place.

    Args:
        model: keras.Model that ends in a softmax of a layer with a bias.
        source: where it comes from.
        training: what it was fitted to; says how frequent classes are.
        public: PublicTest; says how far the scores are from chances.
        share: of balanced accuracy in what is made the most of: 0 changes nothing, 1 minds every class alike.

    Returns:
        What was done, for the card.

    Raises:
        ModelError: the network does not end so.
    """
    layer = next((layer for layer in reversed(model.layers) if layer.weights), None)
    bias = getattr(layer, "bias", None)
    if bias is None or tuple(bias.shape) != (len(training.classes),):
        raise ModelError("--class-balance: the network's last layer has no bias of its classes; leave it out")
    shares = class_shares(source, training)
    scores = float_probabilities(model, public.pixels, source.value_range)
    temperature, corrections = fit_chances(scores, public)
    factors = corrections * ((1 - share) + share / (len(shares) * shares))
    factors **= temperature  # as chances are the scores to the power of 1 / temperature
    bias.assign(np.asarray(bias) + np.log(factors))
    _check(model, source, public, scores, factors)
    by_class = {
        name: {"share": round(float(own), 4), "factor": round(float(factor), 4)}
        for name, own, factor in zip(training.classes, shares, factors, strict=True)
    }
    return {"share": share, "temperature": round(temperature, 3), "classes": by_class}


def fit_chances(scores: Probabilities, public: Faces) -> tuple[float, NDArray[np.float64]]:
    """What makes scores chances: they are taken to the power of 1 / temperature, and each class is corrected.

    Args:
        scores: of the float network, (n, classes).
        public: the faces they are of.

    Returns:
        The temperature and what each class is multiplied by, (classes,), which are likeliest to say what is
        right. Corrections far from 1 have to be worth it, or a class of a few faces would get any. With fewer
        than LEAST_FACES faces everything is 1.
    """
    found = truths(scores, public)
    rows, truth = found[main_truth(found)]
    classes = scores.shape[1]
    if len(rows) < LEAST_FACES:
        return 1.0, np.ones(classes)
    logarithms = np.log(np.maximum(scores[rows].astype(np.float64), _LEAST_SCORE))

    def surprise(tried: NDArray[np.float64]) -> float:
        chances = log_softmax(tried[0] * logarithms + tried[1:], axis=1)
        doubt = (tried[1:] ** 2).sum() / 2
        return float((doubt - chances[np.arange(len(rows)), truth].sum()) / len(rows))

    # A network that has learnt nothing would get a temperature without end, or below 0.
    bounds = [(1 / WARMEST, 1 / COLDEST), *[(None, None)] * classes]
    best = minimize(surprise, np.array([1.0, *np.zeros(classes)]), method="L-BFGS-B", bounds=bounds).x
    return float(1 / best[0]), np.exp(best[1:] - best[1:].mean())


def _check(
    model: Any, source: Source, public: Faces, before: NDArray[np.float32], factors: NDArray[np.float64]
) -> None:
    rows = np.arange(min(_TRIED_FACES, len(public)))
    expected = before[rows] * factors
    expected /= expected.sum(axis=1, keepdims=True)
    now = float_probabilities(model, public.take(rows).pixels, source.value_range)
    if np.abs(now - expected).max() > _TOLERANCE:
        raise ModelError(
            "--class-balance: the network does not end in a softmax of its last layer; leave it out"
        )
