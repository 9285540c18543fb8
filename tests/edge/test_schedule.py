"""Where and when faces are searched, told by what is found and when; never by how long it takes."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.cameras import open_camera
from edge.config import CameraConfig, DetectConfig
from edge.faces.budget import Budget
from edge.faces.schedule import FaceFinder, find_once
from edge.records import Box, Face, Frame, Gray
from tests.edge.test_budget import Clock, spend

Room = Callable[..., Gray]
FPS = 10
LEFT, RIGHT = (60, 100), (350, 200)


def follow(pictures: Iterable[Gray], **settings: Any) -> Iterator[list[Face]]:
    """The faces of each picture, ten a second."""
    finder = FaceFinder(DetectConfig(**settings))
    for index, gray in enumerate(pictures):
        yield finder.find(Frame(gray, index / FPS, captured_s=0, index=index))


def box_at(place: tuple[int, int]) -> Box:
    return Box(*place, 96, 96)


def first_with(found: list[list[Face]], count: int) -> int:
    """The index of the first frame with so many faces."""
    return next(index for index, faces in enumerate(found) if len(faces) == count)


def test_a_face_is_found_in_the_first_frame_at_its_place(room: Room) -> None:
    ((face,),) = follow([room(RIGHT)])
    assert face.box.overlap(box_at(RIGHT)) > 0.7
    assert face.is_seen and face.track == 1


def test_no_face_is_an_empty_list(room: Room) -> None:
    assert list(follow([room()] * 3)) == [[], [], []]


@pytest.mark.parametrize("place", [(-8, 200), (548, 200), (200, -6), (200, 390)])
def test_a_face_at_the_border_is_clipped_and_not_lost(place: tuple[int, int], room: Room) -> None:
    for faces in follow([room(place)] * 5):
        (face,) = faces
        assert face.box == face.box.clip(480, 640)
        assert face.box.overlap(box_at(place).clip(480, 640)) > 0.6


def test_the_face_of_a_moving_clip_keeps_its_number_and_is_seen_in_each_frame(clip: Path) -> None:
    camera = open_camera(CameraConfig(source=f"file:{clip}", realtime=False))
    finder = FaceFinder(DetectConfig())
    found = [finder.find(frame) for frame in camera]
    camera.close()
    assert len(found) == 30
    assert all([face.track for face in faces] == [1] for faces in found)
    assert sum(face.is_seen for faces in found for face in faces) >= 29
    assert found[0][0].box.overlap(found[-1][0].box) < 0.5, "the face of the clip must move"


def test_two_faces_have_two_tracks_largest_first(room: Room, astronaut: Gray) -> None:
    frame = room(LEFT)
    large = cv2.resize(astronaut[16:206, 137:317], None, fx=1.4, fy=1.4)
    frame[200 : 200 + large.shape[0], 350 : 350 + large.shape[1]] = large
    found = list(follow([frame] * 5))
    for faces in found:
        assert len(faces) == 2 and faces[0].box.area_px > faces[1].box.area_px
        assert faces[0].box.x > 300 and faces[1].box.overlap(box_at(LEFT)) > 0.7
    assert len({face.track for faces in found for face in faces}) == 2


def test_while_one_is_followed_another_is_found_within_the_promised_time_but_not_at_once(room: Room) -> None:
    """The whole frame is not searched each time: that is what makes it cheap."""
    pictures = [room(LEFT)] * 3 + [room(LEFT, RIGHT)] * 20
    found = list(follow(pictures, new_face_within_s=1.0))
    assert 4 <= first_with(found, 2) <= 3 + 1.0 * FPS
    within_two = list(follow([room(LEFT)] * 3 + [room(LEFT, RIGHT)] * 30, new_face_within_s=2.0))
    assert first_with(found, 2) < first_with(within_two, 2) <= 3 + 2.0 * FPS


def test_in_an_empty_room_the_first_face_is_found_sooner(room: Room) -> None:
    found = list(follow([room()] * 3 + [room(RIGHT)] * 20, new_face_within_s=2.0))
    assert first_with(found, 1) <= 3 + 0.25 * 2.0 * FPS


def test_a_face_that_is_hidden_is_kept_for_a_while_as_not_seen(room: Room) -> None:
    found = list(follow([room(LEFT)] * 2 + [room()] * 10, lost_after_s=0.45))
    assert [len(faces) for faces in found] == [1] * 6 + [0] * 6
    assert [faces[0].is_seen for faces in found[:6]] == [True] * 2 + [False] * 4
    assert found[5][0].box.overlap(found[1][0].box) > 0.6


def test_a_face_that_comes_back_in_time_keeps_its_number(room: Room) -> None:
    found = list(follow([room(LEFT)] * 2 + [room()] * 4 + [room(LEFT)] * 2, lost_after_s=1.0))
    assert [face.track for face in found[-1]] == [1] and found[-1][0].is_seen


def test_a_face_that_comes_back_too_late_is_somebody_new(room: Room) -> None:
    found = list(follow([room(LEFT)] * 2 + [room()] * 8 + [room(LEFT)] * 4, lost_after_s=0.3))
    assert [face.track for face in found[-1]] == [2]


def test_a_face_that_jumps_is_found_again(room: Room) -> None:
    found = list(follow([room(LEFT)] * 2 + [room(RIGHT)] * 10, lost_after_s=0.3))
    assert [face.track for face in found[-1]] == [2]
    assert found[-1][0].box.overlap(box_at(RIGHT)) > 0.7


def test_a_face_that_stands_still_is_looked_at_some_fifteen_times_a_second(room: Room) -> None:
    finder = FaceFinder(DetectConfig())
    seen = 0
    for index in range(60):
        (face,) = finder.find(Frame(room(LEFT), index / 60, captured_s=0, index=index))
        seen += face.is_seen
        assert face.box.overlap(box_at(LEFT)) > 0.7
        assert finder.searched == "full" or face.is_seen == (finder.searched == "windows")
    assert 14 <= seen <= 16


def test_frames_in_which_nothing_is_due_can_be_left_out_and_nothing_is_missed(room: Room) -> None:
    pictures = [room(LEFT)] * 60 + [room(LEFT, RIGHT)] * 60 + [room(RIGHT)] * 60
    whole, sparing = FaceFinder(DetectConfig()), FaceFinder(DetectConfig())
    taken, tracks, everyones = 0, [], []
    for index, gray in enumerate(pictures):
        frame = Frame(gray, index / 30, captured_s=0, index=index)
        everyones.append({face.track for face in whole.find(frame)})
        if sparing.is_due(frame.time_s):
            tracks.append({face.track for face in sparing.find(frame)})
            taken += 1
    assert taken < 0.75 * len(pictures)
    assert tracks[-1] == everyones[-1] and set().union(*tracks) == set().union(*everyones)


def test_while_nothing_moves_the_whole_frame_is_hardly_ever_searched(room: Room) -> None:
    finder, searched = FaceFinder(DetectConfig()), []
    for index in range(300):
        finder.find(Frame(room(LEFT), index / FPS, captured_s=0, index=index))
        searched.append(finder.searched)
    assert searched[0] == "full"
    assert searched.count("full") <= 10
    assert searched[50:].count("full") <= 3


def test_a_room_is_idle_once_nobody_is_there_and_nothing_moves(room: Room) -> None:
    finder = FaceFinder(DetectConfig())
    is_idle = []
    for index, gray in enumerate([room()] * 60 + [room(LEFT)] * 20 + [room()] * 60):
        finder.find(Frame(gray, index / FPS, captured_s=0, index=index))
        is_idle.append(finder.is_idle)
    assert is_idle[59] and not any(is_idle[60:80]) and is_idle[-1]


def test_an_idle_room_wakes_within_half_a_second_of_five_looks_a_second(room: Room) -> None:
    finder, found_s = FaceFinder(DetectConfig()), None
    for index in range(100):
        now_s = index / 5
        faces = finder.find(Frame(room() if now_s < 15 else room(RIGHT), now_s, captured_s=0, index=index))
        found_s = found_s if found_s is not None or not faces else now_s
    assert found_s is not None and 15 <= found_s <= 15.5


def test_while_the_budget_is_spent_nothing_is_searched_and_nobody_is_lost(room: Room) -> None:
    clock = Clock()
    budget = Budget(10, clock)
    finder = FaceFinder(DetectConfig(lost_after_s=0.2), budget)
    assert len(finder.find(Frame(room(LEFT), 0, 0, 0))) == 1
    spend(budget, clock, 1.0)
    for index in range(1, 10):
        (face,) = finder.find(Frame(room(), index / FPS, 0, index))
        assert finder.searched == "none" and not face.is_seen


def test_a_budget_spent_on_whole_searches_leaves_the_windows(room: Room) -> None:
    clock = Clock()
    budget = Budget(10, clock)
    finder = FaceFinder(DetectConfig(), budget)
    finder.find(Frame(room(LEFT), 0, 0, 0))
    with budget.spending("whole"):
        clock.now_s += 1.0
    for index in range(1, 10):
        faces = finder.find(Frame(room(LEFT, RIGHT), index / FPS, 0, index))
        assert finder.searched == "windows" and len(faces) == 1


def test_when_a_face_was_lost_the_whole_frame_is_searched_sooner(room: Room) -> None:
    pictures = [room(LEFT)] * 6 + [room(RIGHT)] * 6
    found = list(follow(pictures, new_face_within_s=2.0, lost_after_s=5.0))
    assert first_with(found, 2) <= 6 + 2


def test_no_more_faces_than_asked_for_are_followed(room: Room) -> None:
    for faces in follow([room(LEFT, RIGHT)] * 15, max_faces=1):
        assert len(faces) == 1


def test_faces_smaller_than_asked_for_are_not_found(room: Room) -> None:
    assert list(follow([room(RIGHT)] * 2, min_face_px=150)) == [[], []]


def test_by_default_the_smallest_face_grows_with_the_frame(room: Room) -> None:
    small = room(RIGHT)
    large = cv2.resize(small, None, fx=4, fy=4, interpolation=cv2.INTER_LINEAR)
    box = next(follow([small]))[0].box
    (face,) = next(follow([large]))
    assert face.box.overlap(Box(*(4 * side for side in box.as_list()))) > 0.6
    canvas = np.full((1920, 2560), 110, np.uint8)
    canvas[:480, :640] = small  # a face of 96 pixels in a frame where 192 are asked for
    assert next(follow([canvas])) == []
    assert len(next(follow([canvas], min_face_px=48))) == 1


def test_frames_may_change_their_size(room: Room, astronaut: Gray) -> None:
    pictures = [room(RIGHT), astronaut[:100, :100], np.zeros((1, 1), np.uint8), astronaut]
    found = list(follow(pictures + [astronaut] * 4, lost_after_s=0.0))
    assert found[0] and not found[1] and not found[2]
    assert found[-1][0].box.overlap(Box(177, 66, 96, 96)) > 0.7


def test_once_finds_the_astronaut_in_a_single_picture(astronaut: Gray) -> None:
    (box,) = find_once(astronaut)
    assert box.overlap(Box(177, 66, 96, 96)) > 0.8


def test_once_finds_a_face_in_a_large_picture_at_its_place(astronaut: Gray) -> None:
    large = cv2.resize(astronaut, None, fx=4, fy=4)
    assert find_once(np.asarray(large, np.uint8))[0].overlap(Box(708, 264, 384, 384)) > 0.8


@pytest.mark.parametrize("factor", [3, 5, 8])
def test_once_takes_no_pattern_of_a_large_picture_for_a_face(factor: int, astronaut: Gray) -> None:
    large = cv2.resize(astronaut, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    assert len(find_once(large)) == 1


def test_once_gives_the_largest_first(room: Room, astronaut: Gray) -> None:
    frame = room(LEFT)
    frame[250:350, 400:500] = cv2.resize(astronaut[46:186, 157:297], (100, 100))
    boxes = find_once(frame)
    assert len(boxes) == 2 and boxes[0].area_px > boxes[1].area_px


@pytest.mark.parametrize("shape", [(1, 1), (23, 500), (24, 24), (5000, 3)])
def test_once_finds_nothing_in_a_picture_too_small_for_a_face(shape: tuple[int, int]) -> None:
    assert find_once(np.full(shape, 128, np.uint8)) == []
