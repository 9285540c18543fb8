"""Sources of frames."""

import logging
from collections.abc import Iterator
from typing import Protocol

from edge.config import CameraConfig
from edge.records import Frame

logger = logging.getLogger(__name__)


class Camera(Protocol):
    """A source of frames. Iteration waits for the next frame and ends where the source ends.

    Attributes:
        name: what a person would call it; holds no password.
        is_live: frames come at their own pace and wait for nobody, so that only the newest counts.
        granted: what a device gives of what it was asked for, such as "640x480 YUYV at 15 frames per second";
            empty for a recording.
        has_sensor: its pictures are a sensor's own, whose noise makes no two of them alike; those of a
            recording, a network camera's encoder or a driver that draws may repeat themselves.
    """

    name: str
    is_live: bool
    granted: str
    has_sensor: bool

    def __iter__(self) -> Iterator[Frame]:
        """Give frames. Raises CameraError where the source fails rather than ends."""
        ...

    def close(self) -> None:
        """Let go of the device or file. May be called twice, and from another thread."""
        ...


def open_camera(config: CameraConfig) -> Camera:
    """Open what `camera.source` names; each kind is imported only when it is asked for.

    Raises:
        CameraError: it is not there or does not open.
    """
    camera = _open(config)
    if camera.granted:
        logger.info("%s gives %s", camera.name, camera.granted)
    return camera


def _open(config: CameraConfig) -> Camera:
    kind, _, address = config.source.partition(":")
    if kind == "picamera2":
        from edge.cameras.pi import PiCamera

        return PiCamera(address, config)
    if kind == "v4l2":
        from edge.cameras.v4l2 import V4l2Camera

        return V4l2Camera(address, config)
    from edge.cameras.file import open_file

    return open_file(address, config)
