"""Finding faces in one grey picture."""

from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from edge.errors import MienError
from edge.records import Box, Gray

FRONTAL = "haarcascade_frontalface_default.xml"

#: Of OpenCV's frontal cascades the one that finds most for its cost (edge/README.md has the table).
FRONTAL_TREE = "haarcascade_frontalface_alt2.xml"


class Detector(Protocol):
    """What finds faces in a picture.

    Attributes:
        side_px: the smallest face that it can find; a picture is shrunk as far as this allows.
    """

    side_px: int

    def find(self, gray: Gray, min_px: int, max_px: int = 0) -> list[Box]:
        """Faces whose side is min_px to max_px pixels of the picture given; 0: no upper limit."""
        ...


class HaarDetector:
    """OpenCV's cascade of Haar features (Viola and Jones 2001) for frontal faces.

    Args:
        scale_factor: step between the face sizes that are tried.
        min_neighbors: how many overlapping hits make a face.
        min_weight: how sure the cascade's last stage must be; None leaves it to the neighbours. With the
            cascade FRONTAL a frontal face weighs some 4 to 6, most of the false ones below 3.
        cascade: one of OpenCV's files.
    """

    def __init__(
        self,
        scale_factor: float,
        min_neighbors: int,
        min_weight: float | None = None,
        cascade: str = FRONTAL,
    ) -> None:
        folder: str = cv2.data.haarcascades  # type: ignore[attr-defined]  # missing in its stubs
        path = Path(folder) / cascade
        self._cascade = cv2.CascadeClassifier(str(path))
        if self._cascade.empty():
            raise MienError(f"OpenCV's cascade {path} is missing; install opencv-python-headless again")
        self.side_px = int(self._cascade.getOriginalWindowSize()[0])
        self._scale_factor = scale_factor
        self._min_neighbors = min_neighbors
        self._min_weight = min_weight

    def find(self, gray: Gray, min_px: int, max_px: int = 0) -> list[Box]:
        """Faces whose side is min_px to max_px pixels of the picture given; 0: no upper limit."""
        largest = (max_px, max_px) if max_px else (gray.shape[1], gray.shape[0])
        settings = (self._scale_factor, self._min_neighbors, 0, (min_px, min_px), largest)
        if self._min_weight is None:
            found = self._cascade.detectMultiScale(gray, *settings)
        else:
            boxes, _, weights = self._cascade.detectMultiScale3(gray, *settings, outputRejectLevels=True)
            sure = np.ravel(weights) >= self._min_weight
            found = [box for box, is_sure in zip(boxes, sure, strict=True) if is_sure]
        return [Box(*map(int, box)) for box in found]


def find_in_window(
    detector: Detector, gray: Gray, window: Box, shrink: float, min_px: int, max_px: int = 0
) -> list[Box]:
    """Find faces in a part of a frame; sizes and boxes are in pixels of the frame.

    A window may reach over the frame's border, where the last pixels go on: thus Haar finds a face of which
    up to a fifth is cut off, where without it a tenth is too much. Its box reaches over the border, too.
    """
    height, width = gray.shape
    inside = window.clip(height, width)
    if not inside.area_px:
        return []
    part = gray[inside.y : inside.y + inside.height, inside.x : inside.x + inside.width]
    beyond = (
        inside.y - window.y,
        window.y + window.height - inside.y - inside.height,
        inside.x - window.x,
        window.x + window.width - inside.x - inside.width,
    )
    if any(beyond):
        part = cv2.copyMakeBorder(part, *beyond, cv2.BORDER_REPLICATE)  # type: ignore[assignment]
    found = find_shrunk(detector, part, shrink, min_px, max_px)
    boxes = [Box(box.x + window.x, box.y + window.y, box.width, box.height) for box in found]
    return [box for box in boxes if box.clip(height, width).area_px > box.area_px / 2]


def find_shrunk(detector: Detector, gray: Gray, shrink: float, min_px: int, max_px: int = 0) -> list[Box]:
    """Find faces on a smaller copy of a picture; sizes and boxes are in pixels of the picture given.

    Args:
        detector: what finds them.
        gray: the picture, or a part of a frame.
        shrink: by what the sides are multiplied, 0..1; 1 searches the picture as it is.
        min_px: smallest side of a face.
        max_px: largest; 0: no limit.
    """
    if shrink < 1:
        gray = cv2.resize(gray, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    else:
        shrink = 1.0
    boxes = detector.find(gray, max(1, round(min_px * shrink)), round(max_px * shrink))
    return [Box(*(round(side / shrink) for side in box.as_list())) for box in boxes]
