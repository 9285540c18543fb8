"""Which face of this frame is which of the last: by where faces are and were going, never by likeness.

Track numbers are made anew in every session and say nothing of who somebody is.
"""

import itertools
from collections.abc import Collection, Iterator, Sequence

from edge.faces.assignment import assign
from edge.faces.trajectory import FARTHEST, Trajectory
from edge.records import Box

#: Two boxes that share so much of the smaller one are one face found twice.
_SAME_FACE_SHARE = 0.5


class Track:
    """One face through time.

    Attributes:
        box: where it was found last, or, while it is not found, where it should be.
        seen_s: when it was last found, by the frames' clock.
        is_missed: it was looked for since, and not found.
    """

    def __init__(self, number: int, box: Box, now_s: float) -> None:
        self.number, self.box, self.seen_s = number, box, now_s
        self.is_missed = False
        self.trajectory = Trajectory(box, now_s)

    def see(self, box: Box, now_s: float) -> None:
        self.trajectory.correct(box, now_s)
        self.box, self.seen_s, self.is_missed = box, now_s, False

    def go_on(self, frame_shape: tuple[int, int], now_s: float) -> None:
        """Be where it should be by now, at most at the frame's border."""
        self.trajectory.keep_within(*frame_shape, now_s)
        self.box = self.trajectory.box_at(now_s)


class Tracker:
    """Keeps the tracks; told what was found, it updates, begins and ends them.

    Args:
        numbers: of new tracks; default: from 1.
    """

    def __init__(self, lost_after_s: float, max_faces: int, numbers: Iterator[int] | None = None) -> None:
        self.tracks: list[Track] = []
        self._lost_after_s, self._max_faces = lost_after_s, max_faces
        self._numbers = numbers or itertools.count(1)

    def update(
        self,
        boxes: Sequence[Box],
        now_s: float,
        frame_shape: tuple[int, int],
        *,
        looked_for: Collection[int],
        newcomers: bool,
    ) -> None:
        """Take what was found in a frame.

        Args:
            boxes: the surest first; a face may be among them several times.
            now_s: by the frames' clock.
            frame_shape: height and width, pixels.
            looked_for: the numbers of the tracks around which was searched; another one that is not found
                may still be there.
            newcomers: whether what belongs to no track is a new face.
        """
        found = without_doubles(boxes)
        costs = [[track.trajectory.distance(box, now_s) for box in found] for track in self.tracks]
        pairs = assign(costs, FARTHEST)
        for row, column in pairs:
            self.tracks[row].see(found[column], now_s)
        known = {column for _, column in pairs}
        for track in self.tracks:
            if track.seen_s != now_s:
                track.is_missed |= track.number in looked_for
                track.go_on(frame_shape, now_s)
        self._drop_lost(now_s)
        if newcomers:
            self._begin([box for column, box in enumerate(found) if column not in known], now_s)

    def _begin(self, boxes: Sequence[Box], now_s: float) -> None:
        room = max(0, self._max_faces - len(self.tracks))
        for box in sorted(boxes, key=lambda box: -box.area_px)[:room]:
            self.tracks.append(Track(next(self._numbers), box, now_s))

    def _drop_lost(self, now_s: float) -> None:
        self.tracks = [
            track
            for track in self.tracks
            if not (track.is_missed and now_s - track.seen_s > self._lost_after_s)
        ]


def without_doubles(boxes: Sequence[Box]) -> list[Box]:
    """Of boxes that are one face found twice, the first."""
    kept: list[Box] = []
    for box in boxes:
        if not any(is_double(box, other) for other in kept):
            kept.append(box)
    return kept


def is_double(box: Box, other: Box) -> bool:
    overlap = box.overlap(other)
    shared_px = overlap / (1 + overlap) * (box.area_px + other.area_px)
    return shared_px > _SAME_FACE_SHARE * min(box.area_px, other.area_px)
