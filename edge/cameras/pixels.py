"""From the bytes of a camera's buffer to a grey picture."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import CameraError
from edge.records import Gray


@dataclass(frozen=True, slots=True)
class Layout:
    """How a picture lies in a buffer.

    Attributes:
        pixel_format: libcamera's name, such as YUV420.
        stride: bytes from one row to the next; rows may be padded. 0 for MJPEG, which has no rows.
    """

    pixel_format: str
    width_px: int
    height_px: int
    stride: int

    def __str__(self) -> str:
        return f"{self.width_px}x{self.height_px} {self.pixel_format}"


def _byte_of_each(pixel_bytes: int, offset: int) -> Callable[[NDArray[np.uint8], Layout], Gray]:
    """Brightness stands in a byte of its own."""

    def gray(buffer: NDArray[np.uint8], layout: Layout) -> Gray:
        return np.ascontiguousarray(_pixels(buffer, layout, pixel_bytes)[:, :, offset])

    return gray


def _colour(pixel_bytes: int, conversion: int) -> Callable[[NDArray[np.uint8], Layout], Gray]:
    def gray(buffer: NDArray[np.uint8], layout: Layout) -> Gray:
        return cv2.cvtColor(_pixels(buffer, layout, pixel_bytes), conversion)  # type: ignore[return-value]

    return gray


def _jpeg(buffer: NDArray[np.uint8], layout: Layout) -> Gray:
    gray = cv2.imdecode(buffer, cv2.IMREAD_GRAYSCALE)
    if gray is None:
        raise CameraError(f"a picture of the camera is no JPEG, though {layout} was granted")
    return gray  # type: ignore[return-value]


def _pixels(buffer: NDArray[np.uint8], layout: Layout, pixel_bytes: int) -> NDArray[Any]:
    """The first rows without their padding, (height, width, bytes of a pixel)."""
    rows = buffer[: layout.height_px * layout.stride].reshape(layout.height_px, layout.stride)
    return rows[:, : layout.width_px * pixel_bytes].reshape(layout.height_px, layout.width_px, pixel_bytes)


#: What can be read, by libcamera's names. RGB888 there means B, G, R in memory, and so on: names begin at
#: the most significant byte. Planar formats begin with the grey picture.
GRAY_OF: dict[str, Callable[[NDArray[np.uint8], Layout], Gray]] = {
    "YUV420": _byte_of_each(1, 0),
    "YVU420": _byte_of_each(1, 0),
    "NV12": _byte_of_each(1, 0),
    "NV21": _byte_of_each(1, 0),
    "R8": _byte_of_each(1, 0),
    "YUYV": _byte_of_each(2, 0),
    "YVYU": _byte_of_each(2, 0),
    "UYVY": _byte_of_each(2, 1),
    "VYUY": _byte_of_each(2, 1),
    "RGB888": _colour(3, cv2.COLOR_BGR2GRAY),
    "BGR888": _colour(3, cv2.COLOR_RGB2GRAY),
    "XRGB8888": _colour(4, cv2.COLOR_BGRA2GRAY),
    "XBGR8888": _colour(4, cv2.COLOR_RGBA2GRAY),
    "MJPEG": _jpeg,
}


def to_gray(buffer: NDArray[np.uint8], layout: Layout) -> Gray:
    """The grey picture, (height, width), in a buffer of bytes. The format must be one of `GRAY_OF`."""
    return GRAY_OF[layout.pixel_format](buffer, layout)
