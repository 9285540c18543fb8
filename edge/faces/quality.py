"""Whether a face can be read at all. One that cannot gives no emotion: silence is better than a guess.

The gate looks at pixels and changes none: what the network sees is made by `edge.preprocessing` alone.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from edge.config import QualityConfig
from edge.records import Face, Gray

SMALL, BLURRED, DARK, BRIGHT, CUT = REASONS = ("small", "blurred", "dark", "bright", "cut")

#: Faces are looked at in this size: what is finer than this the network was not trained on.
_SIDE_PX = 48

#: Larger faces are thinned out to at least this size before they are averaged: averaging every pixel of a
#: face of 400 would cost more than the network.
_THINNED_PX = 96


@dataclass(frozen=True, slots=True)
class Quality:
    """What the gate sees in a face.

    Attributes:
        sharpness: 0..1: how much of the fine detail that its coarse detail promises is there.
        mean: of the pixels, 0..255.
        contrast: standard deviation of the pixels, 0..255.
        clipped: share of the pixels that are as bright as the camera can tell, 0..1.
    """

    sharpness: float
    mean: float
    contrast: float
    clipped: float


class QualityGate:
    """Names what is wrong with a face."""

    def __init__(self, config: QualityConfig) -> None:
        self._config = config

    def reject(self, gray: Gray, face: Face) -> str | None:
        """Why a face cannot be read: one of REASONS; None where it can.

        Args:
            gray: the frame, (H, W), 0..255.
            face: its box lies within the frame, and `visible` says how much of it does.
        """
        config, box = self._config, face.box
        if face.visible < 1 - config.max_cut or not box.area_px:
            return CUT
        if min(box.width, box.height) < config.min_face_px:
            return SMALL
        quality = look(gray[box.y : box.y + box.height, box.x : box.x + box.width])
        if quality.mean < config.min_brightness:
            return DARK
        if quality.mean > config.max_brightness or quality.clipped > config.max_clipped:
            return BRIGHT
        if quality.contrast < config.min_contrast:
            return DARK if quality.mean < 128 else BRIGHT
        return BLURRED if quality.sharpness < config.min_sharpness else None


def look(face: Gray) -> Quality:
    """Measure a face crop of any size, (h, w), 0..255."""
    small = _shrunk(face)
    mean, deviation = (float(value[0, 0]) for value in cv2.meanStdDev(small))
    clipped = cv2.countNonZero(cv2.compare(small, 250.0, cv2.CMP_GE)) / small.size
    return Quality(_sharpness(small, deviation), mean, deviation, clipped)


def _shrunk(face: Gray) -> Gray:
    step = max(1, min(face.shape) // _THINNED_PX)
    thinned = np.ascontiguousarray(face[::step, ::step])
    shrinks = min(thinned.shape) > _SIDE_PX
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(thinned, (_SIDE_PX, _SIDE_PX), interpolation=method)  # type: ignore[return-value]


def _sharpness(small: Gray, deviation: float) -> float:
    """Variation of the Laplacian, as a share of that of the picture itself: contrast cancels out."""
    _, edges = cv2.meanStdDev(cv2.Laplacian(small, cv2.CV_16S))
    return float(edges[0, 0]) / max(deviation, 1.0) / 4
