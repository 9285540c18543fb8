"""A camera of the Linux kernel: USB webcams and the like."""

import time
from collections.abc import Iterator
from pathlib import Path

import cv2

from edge.config import CameraConfig
from edge.errors import CameraError
from edge.records import Frame


class V4l2Camera:
    """Reads a V4L2 device in MJPEG, which every USB camera can give at full rate, or else in YUYV.

    Args:
        address: a number, or a path such as /dev/video0 or one of /dev/v4l/by-id.
        config: size and rate to ask for. The device may grant others; see `granted`.
    """

    is_live = True

    def __init__(self, address: str, config: CameraConfig) -> None:
        path = Path(f"/dev/video{address}" if address.isdigit() else address)
        self.name = f"v4l2:{path}"
        if not path.exists():
            raise CameraError(f"{path} is not there; is the camera plugged in? (v4l2-ctl --list-devices)")
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_V4L2)
        if not self._capture.isOpened():
            raise CameraError(f"{path} did not open; is it a camera, free, and are you in the group video?")
        self._ask_for(config)

    @property
    def granted(self) -> str:
        """What the device gives, such as "640x480 at 30 frames per second"."""
        width, height, fps = (
            self._capture.get(which)
            for which in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FPS)
        )
        return f"{width:.0f}x{height:.0f} at {fps:g} frames per second"

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        while True:
            got, bgr = self._capture.read()
            captured_s = time.monotonic()
            if not got:
                raise CameraError(f"{self.name} gives no more frames; was it unplugged?")
            yield Frame(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), captured_s, captured_s, index)  # type: ignore[arg-type]
            index += 1

    def close(self) -> None:
        self._capture.release()

    def _ask_for(self, config: CameraConfig) -> None:
        for fourcc in ("MJPG", "YUYV"):
            if self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*fourcc)):
                break
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, config.width_px)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, config.height_px)
        self._capture.set(cv2.CAP_PROP_FPS, config.fps)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
