"""Sources of frames."""

from collections.abc import Iterator
from typing import Protocol

from edge.config import CameraConfig
from edge.records import Frame


class Camera(Protocol):
    """A source of frames. Iteration waits for the next frame and ends where the source ends.

    Attributes:
        name: what a person would call it; holds no password.
        is_live: frames come at their own pace and wait for nobody, so that only the newest counts.
    """

    name: str
    is_live: bool

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
    kind, _, address = config.source.partition(":")
    if kind == "v4l2":
        from edge.cameras.v4l2 import V4l2Camera

        return V4l2Camera(address, config)
    from edge.cameras.file import open_file

    return open_file(address, config)
