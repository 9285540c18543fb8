"""A camera that comes back: closed and opened again, with growing delay, whenever it fails."""

import logging
import threading
import time
from collections.abc import Callable, Iterator

from edge.cameras import Camera
from edge.cameras.mailbox import frames_of
from edge.errors import CameraError
from edge.records import Frame
from edge.stages import Stages

logger = logging.getLogger(__name__)

_FIRST_DELAY_S = 0.5
_LONGEST_DELAY_S = 30.0

#: A device that gives nothing for this long hangs; OpenCV calls one that is merely unplugged failed before.
SILENT_S = 15.0


class RecoveringCamera:
    """Gives the frames of a device for ever, and those of a recording to its end.

    Args:
        open_camera: opens it anew; raises CameraError.
        comes_back: whether what fails may work later: a device, or a network's camera; no file.
        waits: whether one that does not open at the start is waited for, too.

    Attributes:
        trouble: why there are no frames, in one line; None while there are.
        camera: the one that is open now.
    """

    def __init__(
        self, open_camera: Callable[[], Camera], stages: Stages, *, comes_back: bool, waits: bool
    ) -> None:
        self.trouble: str | None = None
        self.camera: Camera | None = None
        self.comes_back = comes_back
        self._open_camera, self._stages = open_camera, stages
        self._waits, self._has_worked, self._delay_s = waits, False, _FIRST_DELAY_S
        self._heard_s = time.monotonic()

    @property
    def is_silent(self) -> bool:
        """Whether a device that was opened has given nothing for so long that it must hang."""
        is_open = self.camera is not None and self.camera.is_live and self.comes_back
        return is_open and time.monotonic() - self._heard_s > SILENT_S

    def frames(self, patience_s: float, stop: threading.Event) -> Iterator[Frame | None]:
        """Give frames, and None whenever none came for `patience_s` seconds.

        Raises:
            CameraError: it failed and does not come back.
        """
        while not stop.is_set():
            try:
                yield from self._frames_of_one(patience_s)
                return
            except CameraError as error:
                if not (self.comes_back and (self._waits or self._has_worked)):
                    raise
                self._tell(str(error))
            finally:
                self.camera = None
            yield from self._wait(patience_s, stop)

    def _frames_of_one(self, patience_s: float) -> Iterator[Frame | None]:
        with self._stages.during("loop", "camera open"):
            self.camera = self._open_camera()
        self._heard_s = time.monotonic()
        with frames_of(self.camera, patience_s) as frames:
            for frame in frames:
                if frame is not None:
                    self._heard_s = time.monotonic()
                    self._is_well()
                yield frame

    def _wait(self, patience_s: float, stop: threading.Event) -> Iterator[None]:
        """Double the delay from failure to failure."""
        due_s = time.monotonic() + self._delay_s
        while not stop.is_set() and time.monotonic() < due_s:
            stop.wait(min(patience_s, self._delay_s))
            yield None
        self._delay_s = min(2 * self._delay_s, _LONGEST_DELAY_S)

    def _is_well(self) -> None:
        if self.trouble:
            logger.info("the camera is back")
        self.trouble, self._has_worked, self._delay_s = None, True, _FIRST_DELAY_S

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble:
            logger.warning("%s; trying again", trouble)
        self.trouble = trouble
