"""Whether a face can be read at all. One that cannot gives no emotion: silence is better than a guess.

The gate looks at pixels and changes none: what the network sees is made by `edge.preprocessing` alone. Its
thresholds are chosen by `mien-train quality` (edge/faces/README.md shows the figures).
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from edge.config import QualityConfig
from edge.records import Face, Gray

SMALL, BLURRED, DARK, BRIGHT, CUT = REASONS = ("small", "blurred", "dark", "bright", "cut")

#: Faces are looked at in the size of the faces that networks learn from: FER2013's.
_SIDE_PX = 48

#: Larger faces are thinned out to about this size before they are averaged: averaging every pixel of a face
#: of 400 costs more than the network.
_THINNED_PX = 64

#: From this level on a pixel is as bright as a camera can tell.
_WHITE = 250


@dataclass(frozen=True, slots=True)
class Quality:
    """What the gate sees in a face.

    Attributes:
        sharpness: how steeply brightness bends, as a share of how steeply it rises, along the axis where this
            is less; a sharp face has about 1, and contrast and noise cancel out.
        brightness: mean of the pixels, 0..255.
        contrast: standard deviation of the pixels, 0..128.
        clipped: share of the pixels that are as bright as the camera can tell, 0..1.
    """

    sharpness: float
    brightness: float
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
        if box.area_px < config.min_face_px**2 * face.visible:
            return SMALL
        quality = look(gray[box.y : box.y + box.height, box.x : box.x + box.width])
        if quality.brightness < config.min_brightness:
            return DARK
        if quality.brightness > config.max_brightness or quality.clipped > config.max_clipped:
            return BRIGHT
        if quality.contrast < config.min_contrast:
            return DARK if quality.brightness < 128 else BRIGHT
        return BLURRED if quality.sharpness < config.min_sharpness else None


def look(face: Gray) -> Quality:
    """Measure a face crop of any size, (h, w), 0..255."""
    small = _shrunk(face)
    mean, deviation = cv2.meanStdDev(small)
    clipped = np.count_nonzero(small >= _WHITE) / small.size
    return Quality(_sharpness(small), float(mean[0, 0]), float(deviation[0, 0]), clipped)


def _shrunk(face: Gray) -> Gray:
    step = max(1, min(face.shape) // _THINNED_PX)
    thinned = np.ascontiguousarray(face[::step, ::step])
    shrinks = min(thinned.shape) > _SIDE_PX
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(thinned, (_SIDE_PX, _SIDE_PX), interpolation=method)  # type: ignore[return-value]


def _sharpness(small: Gray) -> float:
    """Energy of the second derivative over that of the first, along each axis; the lesser of the two.

    Blur takes from the second more than from the first, and motion does so along one axis. Noise adds to both,
    so it is estimated and taken out: of white noise of variance v the mixed fourth derivative, in which
    straight edges do not show, has an energy of 36 v (Immerkaer 1996, doi:10.1006/cviu.1996.0060), the second
    derivative one of 6 v and the first, over two pixels, one of 2 v.
    """
    bent_x = cv2.Sobel(small, cv2.CV_16S, 2, 0, ksize=1)
    bent_y = cv2.Sobel(small, cv2.CV_16S, 0, 2, ksize=1)
    noise = _energy(cv2.Sobel(bent_x, cv2.CV_16S, 0, 2, ksize=1)) / 36
    ratios = []
    for bent, rising in ((bent_x, (1, 0)), (bent_y, (0, 1))):
        steep = _energy(cv2.Sobel(small, cv2.CV_16S, *rising, ksize=1)) - 2 * noise
        ratios.append(max(0.0, _energy(bent) - 6 * noise) / steep if steep > 1 else 0.0)
    return 2 * math.sqrt(min(ratios))  # the first derivative spans two pixels


def _energy(derivative: cv2.typing.MatLike) -> float:
    """Mean of the squares."""
    length = float(cv2.norm(derivative))
    return length * length / derivative.size
