"""Whether a camera that gives frames sees anything: one may repeat its last picture for ever, or go black."""

from enum import Enum

import numpy as np

from edge.config import CameraConfig
from edge.records import Frame, Gray

#: Every so many pixels, across and down, are looked at first.
_STEP_PX = 16

#: A picture is black where it is dark and even, so that nothing in it can be told apart. The noise of a sensor
#: in an unlit room stays below both; a lit screen or a street lamp does not. Some cameras call 16 black.
_DARK, _EVEN = 24.0, 6.0


class Fault(Enum):
    """What may be wrong with a camera that gives frames, as people are told."""

    FROZEN = "repeats its last picture"
    BLACK = "sees only black; is its lens covered, or is it dark?"


class _Standstill:
    """Finds that something has not changed for too long. It holds, from opening to opening, until it does.

    Args:
        limit_s: what is too long; 0 stands for never.
    """

    def __init__(self, limit_s: float) -> None:
        self.is_found = self.is_due = False
        self._limit_s = limit_s
        self._since_s: float | None = None

    def begin(self) -> None:
        """Count anew, without forgetting what was found."""
        self._since_s, self.is_due = None, False

    def see(self, is_news: bool, now_s: float) -> None:
        if is_news:
            self.is_found = False
        if is_news or self._since_s is None:
            self._since_s = now_s
        self.is_due = bool(self._limit_s) and now_s - self._since_s >= self._limit_s
        self.is_found = self.is_found or self.is_due


class Sight:
    """Judges the frames of one camera, through all its openings.

    A sensor's noise makes no two pictures alike to the last pixel: one that comes again and again is an old
    one. Noise does not survive a network camera's encoder, and a drawn picture has none: there only the
    device's time stamps tell, where they have been seen to move.

    Args:
        config: `frozen_after_s` and `black_after_s`.
    """

    def __init__(self, config: CameraConfig) -> None:
        self._pictures = _Standstill(config.frozen_after_s)
        self._stamps = _Standstill(config.frozen_after_s)
        self._blackness = _Standstill(config.black_after_s)
        self._has_sensor = self._has_stamps = False
        self._picture: Gray | None = None
        self._stamp_s: float | None = None

    def begin(self, *, has_sensor: bool) -> None:
        """The camera was opened.

        Args:
            has_sensor: whether its pictures come from a sensor, and are not decoded or drawn.
        """
        self._has_sensor = has_sensor
        for standstill in (self._pictures, self._stamps, self._blackness):
            standstill.begin()

    @property
    def is_opening_due(self) -> bool:
        """Whether the fault has lasted since this opening, so that another may help."""
        return self._pictures.is_due or self._stamps.is_due or self._blackness.is_due

    def look(self, frame: Frame) -> Fault | None:
        """What is wrong with the camera, by this frame and those before."""
        now_s = frame.captured_s
        is_dark = is_black(frame.gray)
        self._blackness.see(not is_dark, now_s)
        # Where all noise is below black, pictures are alike and yet not old.
        is_new_picture = is_dark or not self._has_sensor or not _is_same(self._picture, frame.gray)
        self._pictures.see(is_new_picture, now_s)
        self._picture = frame.gray
        self._stamps.see(self._is_new_stamp(frame.stamp_s), now_s)
        if self._pictures.is_found or self._stamps.is_found:
            return Fault.FROZEN
        return Fault.BLACK if self._blackness.is_found else None

    def _is_new_stamp(self, stamp_s: float | None) -> bool:
        """Whether it moved; one that never did says nothing."""
        last_s, self._stamp_s = self._stamp_s, stamp_s
        has_moved = stamp_s is None or stamp_s != last_s
        self._has_stamps = self._has_stamps or (has_moved and None not in (stamp_s, last_s))
        return has_moved or not self._has_stamps


def is_black(gray: Gray) -> bool:
    """Whether nothing can be seen in a picture, (H, W), 0..255, but darkness and noise."""
    sample = gray[::_STEP_PX, ::_STEP_PX]
    return bool(sample.mean() < _DARK and sample.std() < _EVEN)


def _is_same(old: Gray | None, new: Gray) -> bool:
    """Whether two pictures are alike to the last pixel. A few of them tell nearly always that they are not."""
    if old is None or old.shape != new.shape:
        return False
    is_alike = np.array_equal(old[::_STEP_PX, ::_STEP_PX], new[::_STEP_PX, ::_STEP_PX])
    return is_alike and np.array_equal(old, new)
