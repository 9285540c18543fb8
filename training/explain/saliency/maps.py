"""A map of what counts in a face, and how it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.records import Gray

Method = Literal["Grad-CAM", "occlusion"]

METHODS: Mapping[Method, str] = {
    "occlusion": "where covering a part of the face lowers the score",
    "Grad-CAM": "where the network's own maps raise the score",
}
#: Bands of a face crop as the device cuts it; names of what mostly lies in them.
_BANDS = ("brows and eyes", "nose and cheeks", "mouth and chin")


@dataclass(frozen=True, slots=True, eq=False)
class Saliency:
    """What counts in a face for one class.

    Attributes:
        method: how it was found.
        values: (side, side), 0..1, in which the place that counts most is 1; all 0 where nothing counts.
    """

    method: Method
    values: NDArray[np.float32]

    def bands(self) -> Mapping[str, float]:
        """How much of all that counts lies in the upper, the middle and the lower third, 0..1."""
        total = float(self.values.sum()) or 1.0
        thirds = np.array_split(self.values.sum(axis=1), len(_BANDS))
        return {name: float(third.sum()) / total for name, third in zip(_BANDS, thirds, strict=True)}


def positive(method: Method, values: NDArray[np.float32]) -> Saliency:
    """What speaks for the class alone, scaled to 1."""
    rising = np.maximum(values, 0).astype(np.float32)
    most = float(rising.max())
    return Saliency(method, rising / most if most > 0 else rising)


#: From nothing to most: clear, orange, yellow, white-hot; matplotlib's inferno at five places, as B, G, R.
_HEAT_BGR = np.array([(4, 0, 0), (110, 16, 87), (84, 55, 188), (9, 142, 249), (164, 255, 252)], np.float32)


def overlay(face: Gray, saliency: Saliency) -> NDArray[np.uint8]:
    """The face, darker where nothing counts and in glowing colours where much does; (H, W, 3), blue first."""
    height, width = face.shape
    values = np.clip(cv2.resize(saliency.values, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)
    places = np.linspace(0, 1, len(_HEAT_BGR))
    heat = np.stack([np.interp(values, places, _HEAT_BGR[:, channel]) for channel in range(3)], axis=2)
    strength = (0.15 + 0.5 * values)[:, :, np.newaxis]
    return np.asarray((1 - strength) * face[:, :, np.newaxis] + strength * heat, np.uint8)
