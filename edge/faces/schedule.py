"""Where and when to search. The search is what costs; so it looks where faces were, and where something is new.

Each frame: a small window around where every known face should be by now. Where the room has changed, and all
of it now and then: a search for new faces. Nothing at all while the CPU's budget is spent.
"""

import functools
from collections.abc import Iterator
from typing import Literal

from edge.config import DetectConfig
from edge.faces.budget import Budget
from edge.faces.detector import FRONTAL_TREE, Detector, HaarDetector, find_in_window, find_shrunk
from edge.faces.lookout import Lookout
from edge.faces.tracker import Track, Tracker, is_double
from edge.faces.yunet import YuNetDetector
from edge.records import Box, Face, Frame, Gray

#: What was searched: all that may hold a new face, or windows around the known ones alone, or nothing.
Searched = Literal["full", "windows", "none"]

#: The window's side, in sides of the face, which is less than a fifth of one off from where it should be.
_WINDOW = 1.4

#: Who was not seen for a while may be farther off: so many sides more for each second, up to so many.
_WIDER_EACH_S, _WIDEST = 1.5, 2.2

#: A face that goes slowly is looked at some 15 times a second, however many frames come: it cannot get far, and
#: no expression is as quick. One that would move by more than this share of its side is looked at before.
_LOOK_EVERY_S = 0.06
_MOST_STEP = 0.12

#: How much smaller or larger a face may be than it should be.
_SMALLEST, _LARGEST = 0.8, 1.25

#: Faces in a window are shrunk to this many sides of the smallest that can be found.
_WINDOW_FACE = 1.6

#: The smallest face, where much is searched, likewise.
_WHOLE_FACE = 1.25

#: What much of the frame was searched for is not as exactly known, and has a wider window to show in.
_NEW_WINDOW = 1.8

#: The smallest face that is looked for where nothing is said. As a share of the frame's height it costs the
#: same at every resolution; it is a grown person's face at some two metres from a usual webcam.
_SMALLEST_OF_HEIGHT = 0.1


class FaceFinder:
    """Finds the faces of each frame and gives them their track numbers.

    Args:
        track_numbers: gives the next one; default: from 1.

    Attributes:
        searched: what was searched of the last frame.
        windows: the parts of it that were, which may reach over its border.

    Raises:
        ConfigError: `detect.yunet_model` is no YuNet.
    """

    def __init__(
        self,
        config: DetectConfig,
        budget: Budget | None = None,
        track_numbers: Iterator[int] | None = None,
    ) -> None:
        self.searched: Searched = "none"
        self.windows: list[Box] = []
        self._config, self._budget = config, budget or Budget()
        self._whole, self._window = _open_detectors(config)
        self._tracker = Tracker(config.lost_after_s, config.max_faces, track_numbers)
        self._lookout = Lookout(config.new_face_within_s)
        self._is_idle = False

    @property
    def is_idle(self) -> bool:
        """Whether nobody was there in the last frame and nothing moved."""
        return self._is_idle

    def is_due(self, now_s: float) -> bool:
        """Whether there is anything to search for in a frame of this time; to be asked of every frame."""
        tracks = self._tracker.tracks
        is_hurried = not tracks or any(track.is_missed for track in tracks)
        is_lookout_due = self._lookout.is_due(now_s, is_hurried=is_hurried)
        return is_lookout_due or any(_is_due(track, now_s) for track in tracks)

    def find(self, frame: Frame) -> list[Face]:
        """The faces of a frame, largest first, clipped to it. Frames must come in the order of their time."""
        now_s = frame.time_s
        self.searched, self.windows = "none", []
        due, found, new = [], list[Box](), None
        if self._budget.allows("frames"):
            due = [track for track in self._tracker.tracks if _is_due(track, now_s)]
            self.searched = "windows" if due else "none"
            found = self._search_windows(frame, due)
            waiting = [track for track in self._tracker.tracks if track not in due]
            new = self._search_for_new(frame, found + [track.trajectory.box_at(now_s) for track in waiting])
        self._tracker.update(
            found + (new or []),
            now_s,
            frame.gray.shape,
            looked_for={track.number for track in due},
            newcomers=new is not None,
        )
        tracks = self._tracker.tracks
        self._is_idle = not tracks and self._lookout.is_still(frame.time_s)
        faces = [_face(track, frame) for track in tracks]
        return sorted((face for face in faces if face.box.area_px), key=lambda face: -face.box.area_px)

    def _search_windows(self, frame: Frame, tracks: list[Track]) -> list[Box]:
        """What is found around where each known face should be; a face may be found by several."""
        return [
            box
            for track in tracks
            for box in self._search_around(
                frame.gray,
                track.trajectory.box_at(frame.time_s),
                min(_WIDEST, _WINDOW + _WIDER_EACH_S * (frame.time_s - track.seen_s)),
            )
        ]

    def _search_for_new(self, frame: Frame, known: list[Box]) -> list[Box] | None:
        """What is found where a new face may be; None where none was looked for.

        What the search of much of the frame takes for a face must show in a window, too, where it is seen
        in finer detail: of Haar's false faces few do.
        """
        gray, now_s = frame.gray, frame.time_s
        is_hurried = len(known) == 0 or any(track.is_missed for track in self._tracker.tracks)
        region = self._lookout.region(gray, now_s, known, is_hurried=is_hurried)
        if region is None or not self._budget.allows("whole"):
            return None
        self.searched = "full"
        with self._budget.spending("whole"):
            self._lookout.has_searched(region, gray, now_s)
            hits = self._search_region(gray, region)
            unknown = [hit for hit in hits if not any(is_double(hit, box) for box in known)]
            return [box for hit in unknown for box in self._search_around(gray, hit, _NEW_WINDOW)[:1]]

    def _search_region(self, gray: Gray, region: Box) -> list[Box]:
        """A region of the frame, with room around it for a face that reaches over its border."""
        height, width = gray.shape
        smallest_px = self._config.min_face_px or max(24, round(height * _SMALLEST_OF_HEIGHT))
        beyond_px = smallest_px // 4
        # As wide as the frame with its surroundings, at most.
        left, top = (max(-beyond_px, side - smallest_px) for side in (region.x, region.y))
        right = min(width + beyond_px, region.x + region.width + smallest_px)
        bottom = min(height + beyond_px, region.y + region.height + smallest_px)
        window = Box(left, top, right - left, bottom - top)
        self.windows.append(window)
        shrink = _WHOLE_FACE * self._whole.side_px / smallest_px
        return find_in_window(self._whole, gray, window, shrink, smallest_px)

    def _search_around(self, gray: Gray, box: Box, window: float = _WINDOW) -> list[Box]:
        """A window around where a face should be, so many sides wide; what is found, the likeliest first."""
        side_px, around = max(1, box.width), box.expand(window)
        self.windows.append(around)
        found = find_in_window(
            self._window,
            gray,
            around,
            _WINDOW_FACE * self._window.side_px / side_px,
            round(side_px * _SMALLEST),
            round(side_px * _LARGEST),
        )
        return sorted(found, key=lambda one: -one.overlap(box))


def _open_detectors(config: DetectConfig) -> tuple[Detector, Detector]:
    """For much of a frame, and for windows, where less is searched and so less is taken for a face."""
    if config.yunet_model is not None:
        network = YuNetDetector(config.yunet_model)
        return network, network
    whole = HaarDetector(config.scale_factor, config.min_neighbors, cascade=FRONTAL_TREE)
    return whole, HaarDetector(1.1, max(1, config.min_neighbors - 1), cascade=FRONTAL_TREE)


def _is_due(track: Track, now_s: float) -> bool:
    """Whether it is time to look at a face again; every time while it is not found."""
    elapsed_s = now_s - track.seen_s
    has_moved = elapsed_s * track.trajectory.sides_per_s() > _MOST_STEP
    return track.is_missed or has_moved or not 0 <= elapsed_s < _LOOK_EVERY_S


def _face(track: Track, frame: Frame) -> Face:
    box = track.box.clip(*frame.gray.shape)
    visible = box.area_px / max(1, track.box.area_px)
    return Face(box, track.number, is_seen=track.seen_s == frame.time_s, visible=visible)


@functools.cache
def _picture_detector() -> HaarDetector:
    return HaarDetector(scale_factor=1.1, min_neighbors=3, min_weight=3.0)


def find_once(gray: Gray, min_face_px: int = 24, longest_side_px: int = 1280) -> list[Box]:
    """The faces of a single picture, largest first, clipped to it.

    No second search confirms a hit here, so the cascade itself must be sure of it: in large pictures this
    leaves out most of the patterns that happen to look like a face.

    Args:
        gray: (H, W), 0..255. Larger pictures are shrunk to `longest_side_px`, their boxes are not.
        min_face_px: smallest side of a face, pixels of the shrunk picture.
        longest_side_px: how large the picture is that is searched.
    """
    if min(gray.shape) < min_face_px:
        return []
    shrink = min(1.0, longest_side_px / max(gray.shape))
    boxes = find_shrunk(_picture_detector(), gray, shrink, round(min_face_px / shrink))
    clipped = (box.clip(*gray.shape) for box in boxes)
    return sorted((box for box in clipped if box.area_px), key=lambda box: -box.area_px)
