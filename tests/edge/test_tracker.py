"""Tracks by geometry alone: boxes as a finder gives them, jumping and now and then missing."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.faces.tracker import Tracker, without_doubles
from edge.records import Box

HERE, THERE = Box(100, 100, 50, 50), Box(300, 100, 50, 50)
SHAPE = (480, 640)


def tracker(lost_after_s: float = 1.0, max_faces: int = 10) -> Tracker:
    return Tracker(lost_after_s, max_faces)


def find(tracks: Tracker, boxes: Sequence[Box], now_s: float, newcomers: bool = True) -> None:
    looked_for = {track.number for track in tracks.tracks}
    tracks.update(boxes, now_s, SHAPE, looked_for=looked_for, newcomers=newcomers)


def numbers(tracker: Tracker) -> list[int]:
    return [track.number for track in tracker.tracks]


def test_a_face_that_moves_a_little_keeps_its_number() -> None:
    tracks = tracker()
    for step in range(10):
        find(tracks, [Box(100 + 10 * step, 100, 50, 50)], step / 10)
    assert numbers(tracks) == [1]
    assert tracks.tracks[0].box.x == 190


def test_a_face_elsewhere_gets_a_new_number() -> None:
    tracks = tracker()
    find(tracks, [HERE], 0)
    find(tracks, [THERE], 0.1)
    assert numbers(tracks) == [1, 2]


def test_a_face_of_quite_another_size_is_somebody_else() -> None:
    tracks = tracker()
    find(tracks, [HERE], 0)
    find(tracks, [Box(75, 75, 100, 100)], 0.1)
    assert numbers(tracks) == [1, 2]


def test_what_belongs_to_nobody_begins_a_track_only_where_newcomers_were_looked_for() -> None:
    tracks = tracker()
    find(tracks, [HERE], 0, newcomers=False)
    assert numbers(tracks) == []


def test_two_faces_keep_their_numbers_in_whatever_order_they_are_found() -> None:
    tracks = tracker()
    find(tracks, [HERE, THERE], 0)
    before = {track.number: track.box for track in tracks.tracks}
    find(tracks, [THERE, HERE], 0.1)
    assert {track.number: track.box for track in tracks.tracks} == before


def test_a_face_found_twice_is_one() -> None:
    assert without_doubles([HERE, Box(104, 98, 50, 50), Box(110, 110, 30, 30), THERE]) == [HERE, THERE]
    tracks = tracker()
    find(tracks, [HERE, Box(104, 98, 50, 50)], 0)
    assert numbers(tracks) == [1]


def test_a_face_not_found_is_kept_for_a_while_and_then_lost() -> None:
    tracks = tracker(lost_after_s=0.5)
    find(tracks, [HERE], 0)
    find(tracks, [], 0.5)
    assert numbers(tracks) == [1]
    find(tracks, [], 0.51)
    assert numbers(tracks) == []


def test_a_face_that_was_not_looked_for_is_not_lost() -> None:
    tracks = tracker(lost_after_s=0.5)
    find(tracks, [HERE], 0)
    tracks.update([], 3.0, SHAPE, looked_for=(), newcomers=False)
    assert numbers(tracks) == [1]
    find(tracks, [], 3.1)
    assert numbers(tracks) == []


def test_who_comes_back_after_being_lost_is_somebody_new() -> None:
    tracks = tracker()
    find(tracks, [HERE], 0)
    find(tracks, [], 5)
    find(tracks, [HERE], 6)
    assert numbers(tracks) == [2]


def test_a_hidden_face_goes_on_as_it_was_going() -> None:
    tracks = tracker()
    for step in range(10):
        find(tracks, [Box(100 + 10 * step, 100, 50, 50)], step / 10)
    find(tracks, [], 1.2)
    assert 205 < tracks.tracks[0].box.x < 222
    assert tracks.tracks[0].seen_s == 0.9


def test_who_leaves_the_frame_and_comes_back_in_time_keeps_the_number() -> None:
    tracks = tracker(lost_after_s=0.7)
    for step in range(8):
        find(tracks, [Box(440 + 25 * step, 200, 80, 80)], step / 10)
    for step in range(8, 14):
        find(tracks, [], step / 10)
    find(tracks, [Box(590, 205, 80, 80)], 1.4)
    assert numbers(tracks) == [1]


def test_no_more_faces_than_allowed_are_followed_and_the_largest_come_first() -> None:
    tracks = tracker(max_faces=2)
    small, middle, large = (Box(200 * index, 0, side, side) for index, side in enumerate((30, 60, 90)))
    find(tracks, [small, middle, large], 0)
    assert [track.box for track in tracks.tracks] == [large, middle]
    find(tracks, [small, middle, large], 0.1)
    assert len(tracks.tracks) == 2


boxes = st.builds(Box, st.integers(0, 600), st.integers(0, 400), st.integers(24, 200), st.integers(24, 200))


@given(st.lists(st.lists(boxes, max_size=6), max_size=6), st.integers(1, 4))
def test_numbers_are_never_given_twice(found: list[list[Box]], most: int) -> None:
    tracks = tracker(max_faces=most)
    seen: dict[int, int] = {}
    for moment, moment_boxes in enumerate(found):
        find(tracks, moment_boxes, moment / 5)
        assert len(tracks.tracks) <= most
        for track in tracks.tracks:
            assert seen.setdefault(id(track), track.number) == track.number
    assert len(set(numbers(tracks))) == len(tracks.tracks)


Path = Callable[[float], tuple[float, float, float]]


@dataclass
class Followed:
    """Faces on known paths through a tracker.

    Attributes:
        switches: how often a face got another number than it had.
        given: how many numbers were given.
    """

    switches: int = 0
    given: int = 0
    number_of: dict[int, int] = field(default_factory=dict)


def follow(paths: Sequence[Path], seconds: float, fps: float, seed: int) -> Followed:
    """Noisy boxes of what can be seen: nearer faces come first and hide those behind; some are missed."""
    random, tracks, followed = np.random.default_rng(seed), tracker(lost_after_s=0.7), Followed()
    for step in range(round(seconds * fps)):
        now_s = step / fps
        found = visible([path(now_s) for path in paths], random)
        find(tracks, list(found.values()), now_s)
        for face, box in found.items():
            number = next((t.number for t in tracks.tracks if t.seen_s == now_s and t.box == box), None)
            if number is not None:
                followed.switches += followed.number_of.setdefault(face, number) != number
                followed.number_of[face] = number
                followed.given = max(followed.given, number)
    return followed


def visible(places: Sequence[tuple[float, float, float]], random: np.random.Generator) -> dict[int, Box]:
    found: dict[int, Box] = {}
    nearest_first = sorted(range(len(places)), key=lambda face: -places[face][2])
    for order, face in enumerate(nearest_first):
        x, y, side = places[face]
        nearer = [places[other] for other in nearest_first[:order]]
        is_hidden = any(math.hypot(x - other[0], y - other[1]) < 0.6 * other[2] for other in nearer)
        if is_hidden or random.random() < 0.05:
            continue
        found_side = side * math.exp(random.normal(0, 0.04))
        left, top = (place + random.normal(0, 0.03) * side - found_side / 2 for place in (x, y))
        found[face] = Box(round(left), round(top), round(found_side), round(found_side))
    return found


@pytest.mark.parametrize("fps", [7.5, 15, 30])
@pytest.mark.parametrize("seed", range(12))
def test_faces_that_pass_each_other_keep_their_numbers(seed: int, fps: float) -> None:
    """One hides the other for up to half a second."""
    random = np.random.default_rng(1000 + seed)
    near_px, far_px = random.uniform(85, 110), random.uniform(60, 80)
    fast, slow = random.uniform(120, 200), random.uniform(80, 160)
    apart = random.uniform(-25, 25)

    def to_the_right(now_s: float) -> tuple[float, float, float]:
        return 70 + fast * now_s, 240, near_px

    def to_the_left(now_s: float) -> tuple[float, float, float]:
        return 570 - slow * now_s, 240 + apart, far_px

    seconds = 500 / max(fast, slow)
    followed = follow([to_the_right, to_the_left], seconds, fps, seed)
    assert (followed.switches, followed.given) == (0, 2)


@pytest.mark.parametrize("seed", range(12))
def test_five_faces_that_sway_side_by_side_keep_their_numbers(seed: int) -> None:
    random = np.random.default_rng(2000 + seed)
    sways, speeds, sides = random.uniform(8, 25, 5), random.uniform(1, 3, 5), random.uniform(55, 80, 5)

    def path(face: int) -> Path:
        def at(now_s: float) -> tuple[float, float, float]:
            angle = speeds[face] * now_s
            return 80 + 120 * face + sways[face] * math.sin(angle), 240 + 10 * math.cos(angle), sides[face]

        return at

    followed = follow([path(face) for face in range(5)], 6, 10, seed)
    assert (followed.switches, followed.given) == (0, 5)
