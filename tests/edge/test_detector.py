from collections.abc import Callable

import cv2
import numpy as np
import pytest

from edge.faces.detector import HaarDetector, find_in_window, find_shrunk
from edge.records import Box, Gray

FACE = Box(177, 66, 96, 96)


@pytest.fixture(scope="module")
def detector() -> HaarDetector:
    return HaarDetector(scale_factor=1.1, min_neighbors=5)


def best(boxes: list[Box], face: Box = FACE) -> float:
    return max((box.overlap(face) for box in boxes), default=0.0)


def test_the_astronauts_face_is_found(detector: HaarDetector, astronaut: Gray) -> None:
    assert best(detector.find(astronaut, min_px=48)) > 0.8


def test_nothing_is_found_in_an_empty_room(detector: HaarDetector, empty_room: Gray) -> None:
    assert detector.find(empty_room, min_px=24) == []


def test_faces_out_of_the_sizes_asked_for_are_not_found(detector: HaarDetector, astronaut: Gray) -> None:
    assert best(detector.find(astronaut, min_px=48, max_px=140)) > 0.8
    assert best(detector.find(astronaut, min_px=140)) == 0
    assert best(detector.find(astronaut, min_px=24, max_px=60)) < 0.4


def test_on_a_shrunk_copy_boxes_are_in_pixels_of_the_picture(detector: HaarDetector, astronaut: Gray) -> None:
    for shrink in (0.5, 0.7, 1.0, 3.0):
        assert best(find_shrunk(detector, astronaut, shrink, min_px=60)) > 0.7, shrink


def test_on_a_shrunk_copy_sizes_are_in_pixels_of_the_picture(detector: HaarDetector, astronaut: Gray) -> None:
    assert best(find_shrunk(detector, astronaut, 0.5, min_px=60, max_px=140)) > 0.7
    assert best(find_shrunk(detector, astronaut, 0.5, min_px=140)) == 0
    assert best(find_shrunk(detector, astronaut, 0.5, min_px=48, max_px=70)) < 0.4


def test_in_a_window_boxes_are_in_pixels_of_the_frame(detector: HaarDetector, astronaut: Gray) -> None:
    window = FACE.expand(1.6)
    assert best(find_in_window(detector, astronaut, window, shrink=0.5, min_px=60)) > 0.7


def test_a_face_without_the_window_is_not_found(detector: HaarDetector, astronaut: Gray) -> None:
    assert find_in_window(detector, astronaut, Box(300, 300, 150, 150), shrink=0.5, min_px=60) == []


@pytest.mark.parametrize("window", [Box(600, 10, 50, 50), Box(-80, 0, 50, 50), Box(0, 0, 0, 0)])
def test_a_window_outside_the_frame_holds_no_face(window: Box, detector: HaarDetector, astronaut: Gray) -> None:
    assert find_in_window(detector, astronaut, window, shrink=0.5, min_px=24) == []


@pytest.mark.parametrize("place", [(-15, 200), (556, 200), (200, -12), (200, 396)])
def test_a_face_of_which_a_sixth_is_cut_off_is_found_in_a_window_over_the_border(
    place: tuple[int, int], detector: HaarDetector, room: Callable[..., Gray]
) -> None:
    face = Box(*place, 96, 96)
    boxes = find_in_window(detector, room(place), face.expand(1.6), shrink=0.5, min_px=60)
    assert best(boxes, face) > 0.6


def test_a_bright_or_dark_picture_makes_no_difference(detector: HaarDetector, astronaut: Gray) -> None:
    dark = cv2.convertScaleAbs(astronaut, alpha=0.4)
    assert best(detector.find(np.asarray(dark, np.uint8), min_px=48)) > 0.7
