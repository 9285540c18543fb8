"""Which part of a camera's picture is looked at, and how far it is turned until faces stand upright."""

from dataclasses import dataclass
from typing import Self

import cv2

from edge.config import CameraConfig, Region
from edge.records import Gray

_ROTATIONS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}

WHOLE: Region = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class View:
    """What is done to a picture after it came from the camera.

    Attributes:
        rotate_deg: clockwise; 0, 90, 180 or 270.
        region: the part to keep: x, y, width and height as fractions of the picture as it is once turned.
    """

    rotate_deg: int
    region: Region

    @classmethod
    def of(cls, config: CameraConfig) -> Self:
        return cls(config.rotate_deg, config.region)

    @property
    def region_before(self) -> Region:
        """The region as fractions of the camera's own picture, before it is turned."""
        x, y, width, height = self.region
        for _ in range(self.rotate_deg // 90):
            x, y, width, height = y, 1 - x - width, height, width
        return x, y, width, height

    def see(self, gray: Gray) -> Gray:
        """Cut, then turn: fewer pixels are moved than the other way round."""
        if self.region != WHOLE:
            gray = _cut(gray, self.region_before)
        if self.rotate_deg:
            gray = cv2.rotate(gray, _ROTATIONS[self.rotate_deg])  # type: ignore[assignment]
        return gray


def _cut(gray: Gray, region: Region) -> Gray:
    height_px, width_px = gray.shape
    x, y, width, height = region
    left, top = round(x * width_px), round(y * height_px)
    right, bottom = round((x + width) * width_px), round((y + height) * height_px)
    return gray[top : max(bottom, top + 1), left : max(right, left + 1)]
