"""A camera of the Linux kernel: USB webcams and the like."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.cameras.orientation import View
from edge.cameras.stamps import believable_time_s
from edge.config import CameraConfig
from edge.errors import CameraError
from edge.records import Frame, Gray

logger = logging.getLogger(__name__)

# A camera that stopped would be waited for 10 s otherwise; OpenCV reads this at the first frame. Seconds.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "4")

#: MJPEG is what every USB camera can give at full rate; YUYV needs no decoding.
_FORMATS = {"auto": ("MJPG", "YUYV"), "mjpeg": ("MJPG",), "yuyv": ("YUYV",)}

#: Where drivers without hardware stand: v4l2loopback, and vivid of the kernel's own tests.
_VIRTUAL = ("/devices/virtual/", "/devices/platform/vivid")


class Capture(Protocol):
    """What we use of OpenCV's VideoCapture."""

    def isOpened(self) -> bool: ...
    def read(self) -> tuple[bool, NDArray[np.uint8] | None]: ...
    def get(self, which: int) -> float: ...
    def set(self, which: int, value: float) -> bool: ...
    def release(self) -> None: ...


def _open_device(path: str) -> Capture:
    return cv2.VideoCapture(path, cv2.CAP_V4L2)  # type: ignore[return-value]


class V4l2Camera:
    """Reads a V4L2 device in MJPEG or YUYV.

    Args:
        address: a number, or a path such as /dev/video0 or one of /dev/v4l/by-id, which stays the camera's
            own when it is plugged in elsewhere.
        config: format, size, rate, rotation and region. The device may grant others; see `granted`.
        open_device: opens a path; raises nothing.

    Attributes:
        granted: what the device gives, such as "640x480 YUYV at 15 frames per second".
    """

    is_live = True

    def __init__(
        self,
        address: str,
        config: CameraConfig,
        open_device: Callable[[str], Capture] = _open_device,
    ) -> None:
        path = device_path(address)
        self.name = f"v4l2:{path}"
        if not path.exists():
            raise CameraError(f"{path} is not there; is the camera plugged in? (v4l2-ctl --list-devices)")
        self._capture = open_device(str(path))
        if not self._capture.isOpened():
            raise CameraError(f"{path} did not open; is it a camera, free, and are you in the group video?")
        self._view = View.of(config)
        self.has_sensor = not is_virtual(path)
        self._ask_for(config)
        self.granted = self._describe()
        self._say_what_was_not_granted(config)

    def __iter__(self) -> Iterator[Frame]:
        index, time_s = 0, 0.0
        while True:
            got, picture = self._capture.read()
            captured_s = time.monotonic()
            if not got or picture is None:  # unplugged, OpenCV calls it open all the same
                raise CameraError(f"{self.name} gives no more frames; was it unplugged?")
            stamp_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 or None
            time_s = believable_time_s(stamp_s, captured_s, time_s)
            yield Frame(self._view.see(self._gray(picture)), time_s, captured_s, index, stamp_s)
            index += 1

    def close(self) -> None:
        self._capture.release()

    def _ask_for(self, config: CameraConfig) -> None:
        # `set` tells only that OpenCV found some format after all; which one is to be read back.
        for fourcc in _FORMATS[config.format]:
            self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*fourcc))
            if self._fourcc() == fourcc:
                break
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, config.width_px)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, config.height_px)
        self._capture.set(cv2.CAP_PROP_FPS, config.fps)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def _say_what_was_not_granted(self, config: CameraConfig) -> None:
        formats = _FORMATS[config.format]
        if self._size_px() != (config.width_px, config.height_px) or self._fourcc() not in formats:
            asked = f"{config.width_px}x{config.height_px} {' or '.join(formats)}"
            logger.warning("%s was asked for %s and gives %s", self.name, asked, self.granted)

    def _fourcc(self) -> str:
        code = int(self._capture.get(cv2.CAP_PROP_FOURCC))
        return code.to_bytes(4, "little", signed=code < 0).decode("ascii", "replace").strip("\0 ")

    def _size_px(self) -> tuple[int, int]:
        width, height = (
            self._capture.get(which) for which in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        )
        return int(width), int(height)

    def _describe(self) -> str:
        width, height = self._size_px()
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        rate = f"at {fps:.4g} frames per second" if fps > 0 else "at a rate of its own"
        return f"{width}x{height} {self._fourcc()} {rate}"

    def _gray(self, picture: NDArray[np.uint8]) -> Gray:
        """OpenCV turns what it knows into B, G, R and hands on the bytes of what it does not know."""
        if picture.ndim == 3 and picture.shape[2] == 3:
            return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]
        width, height = self._size_px()
        if picture.size == width * height and self._fourcc() in ("GREY", "Y800"):
            return picture.reshape(height, width)
        raise CameraError(
            f"{self.name} gives {self.granted}, which cannot be read; expected {' or '.join(_FORMATS['auto'])}"
            " (v4l2-ctl --list-formats-ext)"
        )


def device_path(address: str) -> Path:
    """The device's path: of a number, /dev/videoNUMBER."""
    return Path(f"/dev/video{address}" if address.isdigit() else address)


def is_virtual(path: Path, sysfs: Path = Path("/sys")) -> bool:
    """Whether a program or a test pattern is behind a device, whose pictures have no noise."""
    place = (sysfs / "class" / "video4linux" / path.resolve().name).resolve()
    return any(part in str(place) for part in _VIRTUAL)
