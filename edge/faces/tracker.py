"""Which face of this frame is which of the last: by overlap of boxes, never by likeness.

Track numbers are made anew in every session and say nothing of who somebody is.
"""

from dataclasses import dataclass

from edge.records import Box

#: A hit this far over a track's last box is the same face.
_SAME_FACE_OVERLAP = 0.3

#: Hits before a face is told: the search of the whole frame and one of a window must agree.
_HITS_TO_CONFIRM = 2


@dataclass(slots=True)
class Track:
    """One face through time.

    Attributes:
        seen_s: when it was last found, by the frames' clock.
        hits: in how many searches it was found.
    """

    number: int
    box: Box
    seen_s: float
    hits: int = 1

    @property
    def is_confirmed(self) -> bool:
        return self.hits >= _HITS_TO_CONFIRM

    def see(self, box: Box, now_s: float) -> None:
        self.box, self.seen_s = box, now_s
        self.hits += 1


class Tracker:
    """Keeps the tracks; told what was found, it updates, begins and ends them."""

    def __init__(self, lost_after_s: float, max_faces: int) -> None:
        self.tracks: list[Track] = []
        self._lost_after_s, self._max_faces = lost_after_s, max_faces
        self._last_number = 0

    def add(self, boxes: list[Box], now_s: float) -> None:
        """Take what a search of the whole frame found: known faces move on, others begin."""
        unclaimed = sorted(boxes, key=lambda box: -box.area_px)
        for track in self.tracks:
            nearest = max(unclaimed, key=track.box.overlap, default=None)
            if nearest is not None and track.box.overlap(nearest) >= _SAME_FACE_OVERLAP:
                track.see(nearest, now_s)
                unclaimed.remove(nearest)
        for box in unclaimed[: max(0, self._max_faces - len(self.tracks))]:
            self._last_number += 1
            self.tracks.append(Track(self._last_number, box, now_s))

    def drop_lost(self, now_s: float) -> None:
        """End tracks that were not found for a while, those that nothing confirmed, and doubles."""
        kept: list[Track] = []
        for track in self.tracks:
            is_double = any(track.box.overlap(other.box) > 0.5 for other in kept)
            if track.is_confirmed and now_s - track.seen_s <= self._lost_after_s and not is_double:
                kept.append(track)
        self.tracks = kept
