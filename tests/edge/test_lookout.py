import numpy as np

from edge.faces.lookout import Lookout
from edge.records import Box, Gray

FPS = 30.0
EVERYTHING = Box(0, 0, 640, 480)


def room(patch_x: int | None = None) -> Gray:
    """A wall, and on it something dark of 80 pixels that was not there."""
    gray = np.full((480, 640), 150, np.uint8)
    if patch_x is not None:
        gray[200:280, patch_x : patch_x + 80] = 40
    return gray


def searches(
    pictures: list[Gray], fps: float = FPS, known: list[Box] | None = None, within_s: float = 1.0
) -> list[tuple[float, Box]]:
    """When and where it searches while a face is followed that stands elsewhere."""
    lookout, found = Lookout(within_s), []
    for index, gray in enumerate(pictures):
        now_s = index / fps
        region = lookout.region(gray, now_s, known or [], is_hurried=False)
        if region:
            lookout.has_searched(region, gray, now_s)
            found.append((now_s, region))
    return found


def test_where_something_moved_long_ago_is_not_searched_because_something_moves_elsewhere() -> None:
    moving_left = [room(40 + index % 30) for index in range(150)]
    moving_right = [room(480 + index % 30) for index in range(210)]
    found = searches([room()] * 30 + moving_left + moving_right)
    left = [region for time_s, region in found if 4.5 < time_s < 6]
    right = [region for time_s, region in found if time_s > 6 + 3.5 and region != EVERYTHING]
    assert left and all(region.x < 120 and region.x + region.width < 320 for region in left)
    assert right and all(region.x > 320 for region in right)


def test_a_new_face_is_looked_for_in_the_last_frame_that_is_in_time() -> None:
    for fps in (5.0, 8.0, 15.0, 30.0, 60.0):
        moving = [room(int(40 + 3 * index) % 500) for index in range(round(6 * fps))]
        times_s = [time_s for time_s, _ in searches(moving, fps)]
        gaps_s = np.diff(times_s[1:])
        assert 0.97 - 2 / fps <= gaps_s.min() and gaps_s.max() <= 1.0, f"{fps} frames a second: {gaps_s}"
