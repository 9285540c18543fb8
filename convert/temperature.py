"""Scores that mean something: of the faces scored 0.8, eight of ten should be right."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from training.metrics import Probabilities, calibration_error, main_truth, truths
from training.predictions import as_probabilities
from training.splits import Faces

#: With fewer, the temperature would be chance.
LEAST_FACES = 200

#: Beyond these, scores say nothing.
COLDEST, WARMEST = 0.25, 4.0


def fit_temperature(scores: Probabilities, faces: Faces) -> tuple[float, dict[str, Any]]:
    """The temperature at which scores are most likely to say what is right (Guo et al. 2017, arXiv:1706.04599).

    Args:
        scores: int8, at a temperature of 1, (n, classes).
        faces: PublicTest, which are told apart by what most raters saw where there are votes, else by labels.

    Returns:
        The temperature, 1 where there are fewer than LEAST_FACES faces, and how it was found, for the card.
    """
    found = truths(scores, faces)
    name = main_truth(found)
    rows, truth = found[name]
    record = {"fitted_on": "PublicTest", "against": name, "faces": len(rows)}
    if len(rows) < LEAST_FACES:
        return 1.0, {**record, "note": f"fewer than {LEAST_FACES} faces: left at 1"}

    def surprise(logarithm: float) -> float:
        return _surprise(as_probabilities(scores[rows], float(np.exp(logarithm)), "int8"), truth)

    bounds = (np.log(COLDEST), np.log(WARMEST))
    temperature = round(float(np.exp(minimize_scalar(surprise, bounds=bounds, method="bounded").x)), 3)
    errors = {
        key: round(calibration_error(as_probabilities(scores[rows], value, "int8"), truth), 5)
        for key, value in (("calibration_error_at_1", 1.0), ("calibration_error", temperature))
    }
    return temperature, {**record, **errors}


def _surprise(scores: Probabilities, truth: NDArray[np.intp]) -> float:
    """Mean negative logarithm of what is right."""
    return float(-np.log(np.maximum(scores[np.arange(len(truth)), truth], 1e-6)).mean())
