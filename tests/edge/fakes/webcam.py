"""A live camera that behaves, and that faults can be put into while it runs."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from edge.errors import CameraError
from edge.records import Frame, Gray

Fault = Literal["unplugged", "torn out", "frozen", "old stamps", "black", "garbled"]

#: What ends by itself when the camera is opened again, as with firmware that has hung.
CURED_BY_OPENING = ("frozen", "old stamps")


@dataclass
class Webcam:
    """The thing on the desk; `open` is what a driver does.

    Attributes:
        scene: the next picture of what is before it; the sensor adds its noise.
        fps: None: as fast as frames are taken.
        fault: what is wrong with it now. "unplugged" it is not there; "torn out" it fails once, and is there
            again when it is opened; "frozen" it repeats a picture under new stamps; "old stamps" it repeats
            stamps; "black" no light comes in; "garbled" a frame cannot be decoded.
        frames: how many it gave.
        is_open: whether somebody has it; a second opening fails, as with a driver.
    """

    scene: Callable[[], Gray]
    fps: float | None = 30
    fault: Fault | None = None
    is_open: bool = False
    openings: int = 0
    frames: int = 0
    _random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def open(self) -> "OpenWebcam":
        if self.fault == "unplugged":
            raise CameraError("/dev/video7 is not there; is the camera plugged in?")
        if self.is_open:
            raise CameraError("/dev/video7 did not open; is it free?")
        self.openings += 1
        if self.fault in (*CURED_BY_OPENING, "torn out", "garbled"):
            self.fault = None
        self.is_open = True
        return OpenWebcam(self)

    def picture(self) -> Gray:
        """One with the sensor's noise, of which one pixel is enough for the eye of a program."""
        gray = np.zeros_like(self.scene()) if self.fault == "black" else self.scene().copy()
        rows, columns = self._random.integers(0, gray.shape[0], 64), self._random.integers(0, gray.shape[1], 64)
        gray[rows, columns] = np.minimum(gray[rows, columns], 250) + self._random.integers(0, 5, 64)
        return gray


class OpenWebcam:
    name = "v4l2:/dev/video7"
    is_live = has_sensor = True
    granted = "640x480 MJPG at 30 frames per second"

    def __init__(self, webcam: Webcam) -> None:
        self._webcam = webcam
        self._is_closed = threading.Event()

    def __iter__(self) -> Iterator[Frame]:
        index, last, stamp_s = 0, self._webcam.picture(), time.monotonic()
        while not self._is_closed.wait(1 / self._webcam.fps if self._webcam.fps else 0):
            fault, now_s = self._webcam.fault, time.monotonic()
            if fault in ("unplugged", "torn out"):
                raise CameraError(f"{self.name} gives no more frames; was it unplugged?")
            if fault == "garbled":
                raise CameraError(f"a picture of {self.name} is no JPEG")
            last = last if fault == "frozen" else self._webcam.picture()
            stamp_s = stamp_s if fault == "old stamps" else now_s
            yield Frame(last, now_s, now_s, index, stamp_s)
            index += 1
            self._webcam.frames += 1

    def close(self) -> None:
        if not self._is_closed.is_set():
            self._is_closed.set()
            self._webcam.is_open = False
