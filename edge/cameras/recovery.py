"""A camera that comes back: closed and opened again, with growing delay, whenever it fails."""

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator

from edge.cameras import Camera
from edge.cameras.mailbox import Mailbox, frames_of
from edge.cameras.sight import Fault, Sight
from edge.config import CameraConfig
from edge.errors import CameraError
from edge.records import Frame
from edge.stages import Stages

logger = logging.getLogger(__name__)

_FIRST_DELAY_S = 0.5
_LONGEST_DELAY_S = 30.0

#: A camera that gave good frames for this long, and for the time that shows it frozen, is well: its next
#: failure is a new one.
_WELL_S = 3.0

#: Of a black camera a new opening cures a dead sensor, and never a dark room: it is tried less and less often.
_FIRST_BLACK_DELAY_S = 60.0
_LONGEST_BLACK_DELAY_S = 3600.0

#: A device that gives nothing for this long hangs; OpenCV calls one that is merely unplugged failed before.
SILENT_S = 15.0


class RecoveringCamera:
    """Gives the frames of a device for ever, and those of a recording to its end.

    A device that fails, or repeats its last picture, gives no frames until it is well. One that sees only
    black does, for the light may be out; it is named all the same.

    Args:
        open_camera: opens it anew; raises CameraError.
        config: what is too long for a picture that stays the same, or black.
        comes_back: whether what fails may work later: a device, or a network's camera; no file.
        waits: whether one that does not open at the start is waited for, too.

    Attributes:
        trouble: what is wrong with it, in one line; None where nothing is.
        camera: the one that is open now.
        dropped: frames that came while the one before was worked on, and were passed over.
    """

    def __init__(
        self,
        open_camera: Callable[[], Camera],
        stages: Stages,
        config: CameraConfig | None = None,
        *,
        comes_back: bool,
        waits: bool,
    ) -> None:
        self.trouble: str | None = None
        self.camera: Camera | None = None
        self.comes_back = comes_back
        self.dropped = 0
        self._openings = 0
        self._left: list[Mailbox] = []  # which hold cameras that hung when they were to be closed
        self._open_camera, self._stages = open_camera, stages
        self._waits, self._has_worked, self._delay_s = waits, False, _FIRST_DELAY_S
        config = config or CameraConfig()
        self._sight, self._well_s = Sight(config), _WELL_S + config.frozen_after_s
        self._black_due_s, self._black_delay_s = float("-inf"), _FIRST_BLACK_DELAY_S
        self._heard_s = self._well_since_s = time.monotonic()

    @property
    def reopened(self) -> int:
        """How often it was opened again."""
        return max(0, self._openings - 1)

    @property
    def is_silent(self) -> bool:
        """Whether a device that was opened has given nothing for so long that it must hang."""
        is_open = self.camera is not None and self.camera.is_live and self.comes_back
        return is_open and time.monotonic() - self._heard_s > SILENT_S

    def change(self, open_camera: Callable[[], Camera], config: CameraConfig, *, comes_back: bool) -> None:
        """Be another camera, or the same otherwise, from the next call of `frames` on."""
        self._open_camera, self.comes_back, self._waits = open_camera, comes_back, True
        self._sight, self._well_s = Sight(config), _WELL_S + config.frozen_after_s
        self._delay_s = _FIRST_DELAY_S

    @property
    def is_held(self) -> bool:
        """Whether a camera that was to be closed hangs, and the device is still open."""
        self._left = [mailbox for mailbox in self._left if mailbox.is_open]
        return bool(self._left)

    def frames(self, patience_s: float, stop: threading.Event) -> Generator[Frame | None]:
        """Give frames, and None whenever none came for `patience_s` seconds or the one that came is no good.

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
        self._openings += 1
        self._heard_s = self._well_since_s = time.monotonic()
        self._sight.begin(has_sensor=self.camera.has_sensor)
        with frames_of(self.camera, patience_s, self._count_dropped, self._note_left) as frames:
            for frame in frames:
                if frame is not None:
                    self._heard_s = time.monotonic()
                yield frame if frame is not None and self._is_good(frame, self.camera) else None

    def _is_good(self, frame: Frame, camera: Camera) -> bool:
        """Whether a frame may be worked on. Raises CameraError where the camera is to be opened again."""
        fault = self._sight.look(frame) if self.comes_back else None
        self._has_worked = True
        if fault is not Fault.FROZEN and time.monotonic() - self._well_since_s > self._well_s:
            self._delay_s = _FIRST_DELAY_S
        if fault is None:
            self._is_well()
            return True
        trouble = f"{camera.name} {fault.value}"
        if self._sight.is_opening_due and (fault is Fault.FROZEN or self._is_black_due()):
            raise CameraError(trouble)
        self._tell(trouble)
        return fault is Fault.BLACK

    def _is_black_due(self) -> bool:
        """Whether to try another opening on a black camera; the times between two of them double."""
        now_s = time.monotonic()
        if now_s < self._black_due_s:
            return False
        self._black_due_s = now_s + self._black_delay_s
        self._black_delay_s = min(2 * self._black_delay_s, _LONGEST_BLACK_DELAY_S)
        return True

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
        self.trouble = None
        self._black_due_s, self._black_delay_s = float("-inf"), _FIRST_BLACK_DELAY_S

    def _note_left(self, mailbox: Mailbox) -> None:
        self._left.append(mailbox)

    def _count_dropped(self) -> None:
        self.dropped += 1

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble:
            logger.warning("%s; trying again", trouble)
        self.trouble = trouble
