"""When and where new faces are looked for: where the room has changed, and all of it now and then."""

import functools
from collections import deque

from edge.faces.changes import Changes
from edge.records import Box, Gray

#: While faces are followed, a new one is looked for in the last frame in which it is in time, and this much, in
#: promised times, sooner: frames come when they come.
_SOONER = 0.03

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
        self._searched_s = self._searched_all_s = self._looked_s = self._asked_s = _NEVER
        self._gap_s = 0.0
        self._changes_until: deque[tuple[float, Box]] = deque()

    def is_still(self, now_s: float) -> bool:
        """Whether nothing new has moved for a while."""
        return not self._changes_until or now_s >= self._changes_until[-1][0]

    def is_due(self, now_s: float, *, is_hurried: bool) -> bool:
        """Whether a frame is to be looked at; asked of every frame, since it learns how often they come."""
        gap_s = now_s - self._asked_s
        if gap_s:
            self._asked_s = now_s
            self._gap_s = gap_s if 0 < gap_s < self._within_s else 0.0
        wait_s = self._within_s / _HURRY if is_hurried else self._within_s * (1 - _SOONER) - self._gap_s
        since_search_s, since_look_s = now_s - self._searched_s, now_s - self._looked_s
        return not (0 <= since_search_s < wait_s or 0 <= since_look_s < self._within_s / _LOOKS)

    def region(self, gray: Gray, now_s: float, known: list[Box], *, is_hurried: bool) -> Box | None:
        """The part of a frame to be searched now; None: none.

        Args:
            gray: the frame.
            now_s: by the frames' clock; where it goes back, all is new.
            known: the faces that were found in this frame.
            is_hurried: nobody is there, or one was lost.
        """
        if not self.is_due(now_s, is_hurried=is_hurried):
            return None
        self._look(gray, known, now_s)
        everything = Box(0, 0, gray.shape[1], gray.shape[0])
        if not 0 <= now_s - self._searched_all_s < _WHOLE_EVERY * self._within_s:
            return everything
        changed = self._changed(now_s)
        if changed is None:
            return None
        return everything if changed.area_px > _MOST_OF_FRAME * everything.area_px else changed

    def _look(self, gray: Gray, known: list[Box], now_s: float) -> None:
        self._looked_s = now_s
        changed = self._changes.look(gray, [box.expand(_KNOWN) for box in known])
        if changed:
            self._changes_until.append((now_s + _AFTER_CHANGE * self._within_s, changed))

    def _changed(self, now_s: float) -> Box | None:
        """What changed a short while ago; who moves through a room leaves behind what need not be searched."""
        lasts_s = _AFTER_CHANGE * self._within_s
        while self._changes_until and not 0 < self._changes_until[0][0] - now_s <= lasts_s:
            self._changes_until.popleft()
        return functools.reduce(_around, (box for _, box in self._changes_until), None)

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
