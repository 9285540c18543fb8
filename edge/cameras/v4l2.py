"""A camera of the Linux kernel: USB webcams and the like."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import cv2

from edge.cameras.orientation import View
from edge.config import CameraConfig
from edge.errors import CameraError
from edge.records import Frame, Gray

# A camera that stopped would be waited for 10 s otherwise; OpenCV reads this at the first frame. Seconds.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "4")

#: MJPEG is what every USB camera can give at full rate; the others need no decoding.
_FORMATS = ("MJPG", "YUYV")


class V4l2Camera:
    """Reads a V4L2 device in MJPEG, or else in YUYV.

    Args:
        address: a number, or a path such as /dev/video0 or one of /dev/v4l/by-id.
        config: size, rate, rotation and region. The device may grant another size and rate; see `granted`.

    Attributes:
        granted: what the device gives, such as "640x480 YUYV at 15 frames per second".
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
        self._view = View.of(config)
        self._ask_for(config)
        self.granted = self._describe()

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        while True:
            got, picture = self._capture.read()
            captured_s = time.monotonic()
            if not got:
                raise CameraError(f"{self.name} gives no more frames; was it unplugged?")
            yield Frame(self._view.see(self._gray(picture)), captured_s, captured_s, index)
            index += 1

    def close(self) -> None:
        self._capture.release()

    def _ask_for(self, config: CameraConfig) -> None:
        # `set` tells only that OpenCV found some format after all; which one is to be read back.
        for fourcc in _FORMATS:
            self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*fourcc))
            if self._fourcc() == fourcc:
                break
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, config.width_px)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, config.height_px)
        self._capture.set(cv2.CAP_PROP_FPS, config.fps)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

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

    def _gray(self, picture: cv2.typing.MatLike) -> Gray:
        """OpenCV turns what it knows into B, G, R and hands on the bytes of what it does not know."""
        if picture.ndim == 3 and picture.shape[2] == 3:
            return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]
        width, height = self._size_px()
        if picture.size == width * height and self._fourcc() in ("GREY", "Y800"):
            return picture.reshape(height, width)  # type: ignore[return-value]
        raise CameraError(
            f"{self.name} gives {self.granted}, which cannot be read; expected {' or '.join(_FORMATS)}"
            " (v4l2-ctl --list-formats-ext)"
        )
