"""Where and when to search. The search is what costs; so it looks where faces were.

Each frame: a small window around every known face. Now and then, when a face was lost, and while none is
known: the whole frame, shrunk as far as the smallest face allows.
"""

import functools

from edge.config import DetectConfig
from edge.faces.detector import CASCADE_PX, HaarDetector, find_in_window, find_shrunk
from edge.faces.tracker import Track, Tracker
from edge.records import Box, Face, Frame, Gray

#: The window's side, in sides of the last box. A face moves less than this between two frames.
_WINDOW = 1.6

#: Faces in a window are shrunk to this side; the cascade's own window is 24 pixels.
_WINDOW_FACE_PX = 36

#: The smallest face that is looked for where nothing is said. As a share of the frame's height it costs the
#: same at every resolution; it is a grown person's face at some two metres from a usual webcam.
_SMALLEST_OF_HEIGHT = 0.1

#: How much smaller or larger a face may be than in the frame before.
_SMALLEST, _LARGEST = 0.72, 1.38


class FaceFinder:
    """Finds the faces of each frame and gives them their track numbers."""

    def __init__(self, config: DetectConfig) -> None:
        self._config = config
        self._whole = HaarDetector(config.scale_factor, config.min_neighbors)
        self._window = HaarDetector(1.1, max(1, config.min_neighbors - 2))
        self._tracker = Tracker(config.lost_after_s, config.max_faces)
        self._searched_s = float("-inf")
        self._has_lost_one = False

    def find(self, frame: Frame) -> list[Face]:
        """The faces of a frame, largest first, clipped to it. Frames must come in the order of their time.

        What the search of the whole frame takes for a new face must show in a window, too, where it is seen
        in finer detail: of Haar's false faces few do.
        """
        now_s = frame.time_s
        if self._is_whole_search_due(now_s):
            self._searched_s = now_s
            self._tracker.add(self._search_whole(frame.gray), now_s)
        self._has_lost_one = False
        for track in self._tracker.tracks:
            if track.seen_s < now_s or not track.is_confirmed:
                self._follow(track, frame)
        self._tracker.drop_lost(now_s)
        faces = [_face(track, frame) for track in self._tracker.tracks]
        return sorted(faces, key=lambda face: -face.box.area_px)

    def _is_whole_search_due(self, now_s: float) -> bool:
        """Whether it is time; sooner while nobody is there or someone was lost."""
        is_hurried = self._has_lost_one or not self._tracker.tracks
        wait_s = self._config.new_face_within_s / 4 if is_hurried else self._config.new_face_within_s * 0.8
        return not 0 <= now_s - self._searched_s < wait_s

    def _search_whole(self, gray: Gray) -> list[Box]:
        height, width = gray.shape
        smallest_px = self._config.min_face_px or max(CASCADE_PX, round(height * _SMALLEST_OF_HEIGHT))
        beyond_px = smallest_px // 4
        window = Box(-beyond_px, -beyond_px, width + 2 * beyond_px, height + 2 * beyond_px)
        return find_in_window(self._whole, gray, window, CASCADE_PX / smallest_px, smallest_px)

    def _follow(self, track: Track, frame: Frame) -> None:
        side_px = track.box.width
        boxes = find_in_window(
            self._window,
            frame.gray,
            track.box.expand(_WINDOW),
            _WINDOW_FACE_PX / side_px,
            round(side_px * _SMALLEST),
            round(side_px * _LARGEST),
        )
        nearest = max(boxes, key=track.box.overlap, default=None)
        if nearest is None:
            self._has_lost_one = True
        else:
            track.see(nearest, frame.time_s)


def _face(track: Track, frame: Frame) -> Face:
    box = track.box.clip(*frame.gray.shape)
    visible = box.area_px / max(1, track.box.area_px)
    return Face(box, track.number, is_seen=track.seen_s == frame.time_s, visible=visible)


@functools.cache
def _picture_detector() -> HaarDetector:
    return HaarDetector(scale_factor=1.1, min_neighbors=3, min_weight=3.0)


def find_once(gray: Gray, min_face_px: int = CASCADE_PX, longest_side_px: int = 1280) -> list[Box]:
    """The faces of a single picture, largest first, clipped to it.

    No second search confirms a hit here, so the cascade itself must be sure of it: in large pictures this
    leaves out most of the patterns that happen to look like a face.

    Args:
        gray: (H, W), 0..255. Larger pictures are shrunk to `longest_side_px`, their boxes are not.
        min_face_px: smallest side of a face, pixels of the shrunk picture.
    """
    if min(gray.shape) < min_face_px:
        return []
    shrink = min(1.0, longest_side_px / max(gray.shape))
    boxes = find_shrunk(_picture_detector(), gray, shrink, round(min_face_px / shrink))
    clipped = (box.clip(*gray.shape) for box in boxes)
    return sorted((box for box in clipped if box.area_px), key=lambda box: -box.area_px)
