"""Occlusion sensitivity (Zeiler and Fergus 2014, arXiv:1311.2901): cover a part, and see what the score does.

A soft spot of a strongly blurred copy of the face goes over it. A patch of one grey would add edges that no
face has, and a network would answer to these. What counts at a place is the mean of what the score lost under
all spots that covered it, each by how much it covered (as Petsiuk et al. 2018, arXiv:1806.07421, do with
random masks). Any network can be looked at so, the device's own included: it needs nothing but its scores.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.preprocessing import resize_face
from edge.records import Gray
from training.explain.saliency.maps import Saliency, positive
from training.splits import Pictures

#: Spots a side; all are scored in one go.
SPOTS = 11
#: Width (standard deviation) of a spot and of the blur, as shares of the face's side.
_SPOT, _BLUR = 0.09, 0.16

#: (n, h, w), 0..255, to (n, classes).
Predict = Callable[[Pictures], NDArray[np.float32]]


def occlusion(predict: Predict, face: Gray, side_px: int, place: int) -> Saliency:
    """Find what counts for one class.

    Args:
        predict: gives probabilities of faces (n, h, w), 0..255.
        face: (H, W), 0..255.
        side_px: of the network's input.
        place: of the class in the output.
    """
    small = resize_face(face, side_px)
    spots = _spots(side_px)
    scores = _log_odds(predict(np.concatenate([small[np.newaxis], _covered(small, spots)]))[:, place])
    lost = scores[0] - scores[1:]
    values = np.tensordot(lost, spots, axes=1) / spots.sum(axis=0)
    return positive("occlusion", values)


def _spots(side_px: int) -> NDArray[np.float32]:
    """How much each spot covers, (SPOTS², side, side), 0..1."""
    pixels = np.arange(side_px, dtype=np.float32) + 0.5
    centres = (np.arange(SPOTS, dtype=np.float32) + 0.5) * side_px / SPOTS
    bells = np.exp(-(((pixels - centres[:, np.newaxis]) / (_SPOT * side_px)) ** 2) / 2)
    return (bells[:, np.newaxis, :, np.newaxis] * bells[np.newaxis, :, np.newaxis, :]).reshape(
        SPOTS**2, side_px, side_px
    )


def _covered(face: Gray, spots: NDArray[np.float32]) -> NDArray[np.uint8]:
    blurred = cv2.GaussianBlur(face, (0, 0), _BLUR * face.shape[0])
    return np.asarray(np.rint(face + spots * (blurred.astype(np.float32) - face)), np.uint8)


def _log_odds(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities near 0 and 1 hardly move; their log-odds do."""
    inside = np.clip(probabilities.astype(np.float64), 1e-6, 1 - 1e-6)
    odds: NDArray[np.float64] = np.log(inside / (1 - inside))
    return odds
