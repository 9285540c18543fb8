"""What the loop shows to whoever watches: the newest frame, its speed, and the moods of the last minutes."""

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from edge.pipeline import Processed
from edge.records import Frame
from edge.view.minutes import Minutes

#: Nobody watches any more when nobody has asked for so long.
_WATCHED_FOR_S = 3.0

#: Speed is that of the last so many seconds, and of so many frames at most.
_SPEED_OF_S, _MOST_FRAMES = 5.0, 600


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame and what became of it; `number` counts those that were seen."""

    number: int
    frame: Frame
    processed: Processed


class Observer:
    """Is told of every frame. While nobody watches it keeps no picture, and takes a few microseconds a frame.

    `see` and `forget` are of the loop's thread, all else of any.
    """

    def __init__(self) -> None:
        self._minutes = Minutes()
        self._count = 0
        self._newest: Seen | None = None
        self._asked_s = float("-inf")
        self._stages: deque[tuple[float, Mapping[str, float]]] = deque(maxlen=_MOST_FRAMES)
        self._lock = threading.Lock()

    def see(self, frame: Frame, processed: Processed) -> None:
        """Take a frame, and what became of it."""
        now_s = time.monotonic()
        with self._lock:
            self._count += 1
            self._stages.append((now_s, processed.stage_ms))
            self._minutes.add([reading.emotion for reading in processed.readings], now_s)
            is_watched = now_s - self._asked_s < _WATCHED_FOR_S
            self._newest = Seen(self._count, frame, processed) if is_watched else None

    def forget(self) -> None:
        """Let go of the picture: the camera is closed."""
        with self._lock:
            self._newest = None

    def look(self) -> Seen | None:
        """The newest frame, where one came since somebody watches; to be asked for as long as somebody does."""
        with self._lock:
            self._asked_s = time.monotonic()
            return self._newest

    def recent_ms(self) -> list[Mapping[str, float]]:
        """The milliseconds of each stage, of each frame of the last seconds."""
        since_s = time.monotonic() - _SPEED_OF_S
        with self._lock:
            return [stage_ms for at_s, stage_ms in self._stages if at_s > since_s]

    def frames_per_s(self) -> float:
        """How many frames were worked on lately."""
        return len(self.recent_ms()) / _SPEED_OF_S

    def moods(self) -> list[tuple[int, dict[str, float]]]:
        """What the last minutes were like; see Minutes.shares."""
        with self._lock:
            return self._minutes.shares(time.monotonic())
