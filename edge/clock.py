"""What time it is: that of the wall, or that of a recording, for runs that are alike to the byte."""

import time
from typing import Protocol

from edge.records import Frame


class Clock(Protocol):
    """Gives the time stamps of messages."""

    def see(self, frame: Frame) -> None:
        """Take note of the frame that is worked on."""
        ...

    def unix_s(self) -> float:
        """Now, in seconds since 1970."""
        ...

    def age_s(self, frame: Frame) -> float:
        """How long ago a frame came, seconds."""
        ...


class WallClock:
    """The machine's."""

    def see(self, frame: Frame) -> None:
        pass

    def unix_s(self) -> float:
        return time.time()

    def age_s(self, frame: Frame) -> float:
        return time.monotonic() - frame.captured_s


class FrameClock:
    """Stands at the frame that is worked on; a recording begins in 1970, which nobody takes for today."""

    def __init__(self) -> None:
        self._now_s = 0.0

    def see(self, frame: Frame) -> None:
        self._now_s = frame.time_s

    def unix_s(self) -> float:
        return self._now_s

    def age_s(self, frame: Frame) -> float:
        return 0.0
