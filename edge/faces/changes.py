"""Where a room has changed since it was last searched: only there can a new face be.

Seen in a picture of 80 pixels' width, of which only the detail counts: each pixel less its surroundings. So
light that slowly changes, or flickers, or goes on in the whole room alike, is no change; nor is the sensor's
noise, whose strength is measured in the pictures themselves.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.records import Box, Gray

#: Width of the small picture. A face of 48 pixels in 640 is six of its pixels wide.
_WIDTH_PX = 80

#: Side of the surroundings that a pixel is compared with, in pixels of the small picture: so wide that a face
#: which comes does not make its surroundings look new.
_SURROUNDINGS_PX = 31

#: By how much a pixel must differ: this many grey levels, or noise deviations, whichever is more.
_LEAST_LEVELS = 5.0
_LEAST_DEVIATIONS = 6.0

#: How many of the nine pixels around one must differ: a face's edge does it, a hot pixel does not.
_LEAST_OF_NINE = 5

#: The median of the absolute values of normal noise, in its deviations.
_MEDIAN_OF_NOISE = 0.6745

#: No sensor has more noise than this in so small a picture, levels: where more than half of the pixels differ
#: by more, the room has changed, as when somebody comes close before the camera.
_MOST_NOISE = 3.0

_Detail = NDArray[np.float32]


class Changes:
    """Compares each picture with the one at the last search."""

    def __init__(self) -> None:
        self._searched: _Detail | None = None
        self._present: _Detail | None = None

    def look(self, gray: Gray, known: list[Box]) -> Box | None:
        """The part of a frame in which something is new since `keep`; None where nothing is.

        Args:
            gray: the frame, (H, W), 0..255.
            known: where something moves that is known of, pixels of the frame.
        """
        self._present = _detail(gray)
        if self._searched is None or self._searched.shape != self._present.shape:
            return Box(0, 0, gray.shape[1], gray.shape[0])
        scale = self._present.shape[1] / gray.shape[1]
        differs = _differs(self._present, self._searched)
        for box in known:
            inside = Box(*(round(side * scale) for side in box.as_list())).clip(*differs.shape)
            differs[inside.y : inside.y + inside.height, inside.x : inside.x + inside.width] = 0
        x, y, width, height = cv2.boundingRect(differs)
        found = Box(*(round(side / scale) for side in (x, y, width, height)))
        return found.clip(*gray.shape) if width else None

    def keep(self) -> None:
        """The picture that was looked at last is the one to compare with from now on."""
        self._searched = self._present


def _detail(gray: Gray) -> _Detail:
    height, width = gray.shape
    size = (_WIDTH_PX, max(1, round(height * _WIDTH_PX / width)))
    small = cv2.resize(_thinned(gray), size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return small - cv2.blur(small, (_SURROUNDINGS_PX, _SURROUNDINGS_PX))


def _thinned(gray: Gray) -> Gray:
    """Every second line and so on: averaging all pixels of a large picture costs more than it tells."""
    step = max(1, gray.shape[1] // (4 * _WIDTH_PX))
    return gray[::step] if step > 1 else gray


def _differs(present: _Detail, searched: _Detail) -> Gray:
    """1 where pixels differ together, else 0."""
    difference = cv2.absdiff(present, searched)
    noise = min(_MOST_NOISE, float(np.median(difference)) / _MEDIAN_OF_NOISE)
    strong = (difference > max(_LEAST_LEVELS, _LEAST_DEVIATIONS * noise)).astype(np.uint8)
    together = cv2.boxFilter(strong, -1, (3, 3), normalize=False)
    return np.asarray(together >= _LEAST_OF_NINE, np.uint8)
