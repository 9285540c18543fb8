"""When and where new faces are looked for: where the room has changed, and all of it now and then."""

from edge.faces.changes import Changes
from edge.records import Box, Gray

#: While faces are followed, a new one is looked for a little sooner than promised: frames come when they come.
_IN_TIME = 0.8

#: While nobody is there, or one was lost, so many times sooner.
_HURRY = 4

#: After the last change it is looked for so many more promised times: a face may be blurred or turned at first.
_AFTER_CHANGE = 3.0

#: However still a room is, so many promised times after a search of all of it comes another.
_WHOLE_EVERY = 10.0

#: Changes are looked for so many times in the promised time: looking at every frame tells little more.
_LOOKS = 8

#: Around a known face this much, in sides, may move without being new.
_KNOWN = 1.2

#: Where more than this share of the frame has changed, all of it is searched.
_MOST_OF_FRAME = 0.7

_NEVER = float("-inf")


class Lookout:
    """Decides which part of a frame, if any, is searched for new faces.

    Args:
        new_face_within_s: what the user was promised.
    """

    def __init__(self, new_face_within_s: float) -> None:
        self._within_s = new_face_within_s
        self._changes = Changes()
        self._searched_s = self._searched_all_s = self._looked_s = self._restless_until_s = _NEVER
        self._changed: Box | None = None

    def is_still(self, now_s: float) -> bool:
        """Whether nothing new has moved for a while."""
        return now_s >= self._restless_until_s

    def region(self, gray: Gray, now_s: float, known: list[Box], *, is_hurried: bool) -> Box | None:
        """The part of a frame to be searched now; None: none.

        Args:
            gray: the frame.
            now_s: by the frames' clock; where it goes back, all is new.
            known: the faces that were found in this frame.
            is_hurried: nobody is there, or one was lost.
        """
        wait_s = self._within_s / _HURRY if is_hurried else self._within_s * _IN_TIME
        if 0 <= now_s - self._searched_s < wait_s or 0 <= now_s - self._looked_s < self._within_s / _LOOKS:
            return None
        self._look(gray, known, now_s)
        everything = Box(0, 0, gray.shape[1], gray.shape[0])
        if not 0 <= now_s - self._searched_all_s < _WHOLE_EVERY * self._within_s:
            return everything
        if self._changed is None or self.is_still(now_s):
            return None
        is_most = self._changed.area_px > _MOST_OF_FRAME * everything.area_px
        return everything if is_most else self._changed

    def _look(self, gray: Gray, known: list[Box], now_s: float) -> None:
        self._looked_s = now_s
        changed = self._changes.look(gray, [box.expand(_KNOWN) for box in known])
        if changed:
            self._changed = changed if self.is_still(now_s) else _around(self._changed, changed)
            self._restless_until_s = now_s + _AFTER_CHANGE * self._within_s

    def has_searched(self, region: Box, gray: Gray, now_s: float) -> None:
        """Hear that a region was searched."""
        self._changes.keep()
        self._searched_s = now_s
        if region.area_px >= gray.size:
            self._searched_all_s = now_s


def _around(box: Box | None, other: Box) -> Box:
    if box is None:
        return other
    left, top = min(box.x, other.x), min(box.y, other.y)
    right = max(box.x + box.width, other.x + other.width)
    bottom = max(box.y + box.height, other.y + other.height)
    return Box(left, top, right - left, bottom - top)
