"""A V4L2 device as OpenCV shows it: what it grants, what it gives, and how it goes."""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np


@dataclass
class Webcam:
    """A device that may be unplugged and plugged in; `open` stands for cv2.VideoCapture.

    Attributes:
        formats: what it can give; OpenCV keeps the first of them where it is asked for another.
        size: the only one that it can give, (width, height).
        clock_s: what its driver's clock stands at; goes on by a thirtieth a frame unless `has_stamps` is off.
    """

    formats: tuple[str, ...] = ("MJPG", "YUYV")
    size: tuple[int, int] = (640, 480)
    fps: float = 30.0
    has_stamps: bool = True
    clock_s: float = 1000.0
    is_plugged: bool = True
    asked: list[str] = field(default_factory=list)
    released: int = 0

    def open(self, path: str) -> "Opened":
        return Opened(self)


class Opened:
    def __init__(self, webcam: Webcam) -> None:
        self._webcam, self._fourcc = webcam, webcam.formats[0]
        self._opened = webcam.is_plugged
        self._random = np.random.default_rng(0)
        self._stamp_s = 0.0

    def isOpened(self) -> bool:
        return self._opened  # and stays so when the device is unplugged

    def read(self) -> tuple[bool, Any]:
        if not self._webcam.is_plugged:
            return False, None
        self._webcam.clock_s += 1 / 30
        self._stamp_s = self._webcam.clock_s if self._webcam.has_stamps else 0.0
        width, height = self._webcam.size
        if self._fourcc not in ("MJPG", "YUYV"):
            return True, np.full((1, width * height), 90, np.uint8)
        return True, self._random.integers(80, 100, (height, width, 3), np.uint8)

    def get(self, which: int) -> float:
        width, height = self._webcam.size
        return {
            cv2.CAP_PROP_FOURCC: float(cv2.VideoWriter.fourcc(*self._fourcc)),
            cv2.CAP_PROP_FRAME_WIDTH: width,
            cv2.CAP_PROP_FRAME_HEIGHT: height,
            cv2.CAP_PROP_FPS: self._webcam.fps,
            cv2.CAP_PROP_POS_MSEC: self._stamp_s * 1000,
        }[which]

    def set(self, which: int, value: float) -> bool:
        if which == cv2.CAP_PROP_FOURCC:
            wanted = int(value).to_bytes(4, "little").decode()
            self._webcam.asked.append(wanted)
            self._fourcc = wanted if wanted in self._webcam.formats else self._webcam.formats[0]
        return True  # whatever was granted

    def release(self) -> None:
        self._webcam.released += 1
