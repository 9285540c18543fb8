import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.faces.tracker import Tracker
from edge.records import Box

HERE, THERE = Box(100, 100, 50, 50), Box(300, 100, 50, 50)


def tracker(lost_after_s: float = 1.0, max_faces: int = 10) -> Tracker:
    return Tracker(lost_after_s, max_faces)


def numbers(tracker: Tracker) -> list[int]:
    return [track.number for track in tracker.tracks]


def find_twice(tracker: Tracker, boxes: list[Box], now_s: float = 0.0) -> None:
    for _ in range(2):
        tracker.add(boxes, now_s)


def test_a_face_that_moves_a_little_keeps_its_number() -> None:
    tracks = tracker()
    for step in range(10):
        tracks.add([Box(100 + 10 * step, 100, 50, 50)], step / 10)
    assert numbers(tracks) == [1]
    assert tracks.tracks[0].box.x == 190


def test_a_face_elsewhere_gets_a_new_number() -> None:
    tracks = tracker()
    tracks.add([HERE], 0)
    tracks.add([THERE], 0.1)
    assert numbers(tracks) == [1, 2]


def test_two_faces_keep_their_numbers_in_whatever_order_they_are_found() -> None:
    tracks = tracker()
    tracks.add([HERE, THERE], 0)
    before = {track.number: track.box for track in tracks.tracks}
    tracks.add([THERE, HERE], 0.1)
    assert {track.number: track.box for track in tracks.tracks} == before
    assert [track.hits for track in tracks.tracks] == [2, 2]


def test_one_hit_is_no_face_yet() -> None:
    tracks = tracker()
    tracks.add([HERE], 0)
    assert not tracks.tracks[0].is_confirmed
    tracks.drop_lost(0)
    assert numbers(tracks) == []


def test_a_face_not_found_is_kept_for_a_while_and_then_lost() -> None:
    tracks = tracker(lost_after_s=0.5)
    find_twice(tracks, [HERE])
    tracks.drop_lost(0.5)
    assert numbers(tracks) == [1]
    tracks.drop_lost(0.51)
    assert numbers(tracks) == []


def test_who_comes_back_after_being_lost_is_somebody_new() -> None:
    tracks = tracker()
    find_twice(tracks, [HERE])
    tracks.drop_lost(5)
    find_twice(tracks, [HERE], 6)
    assert numbers(tracks) == [2]


def test_no_more_faces_than_allowed_are_followed_and_the_largest_come_first() -> None:
    tracks = tracker(max_faces=2)
    small, middle, large = (Box(200 * index, 0, side, side) for index, side in enumerate((30, 60, 90)))
    tracks.add([small, middle, large], 0)
    assert [track.box for track in tracks.tracks] == [large, middle]
    tracks.add([small, middle, large], 0.1)
    assert len(tracks.tracks) == 2


def test_of_two_tracks_on_one_face_the_older_stays() -> None:
    tracks = tracker()
    find_twice(tracks, [HERE, THERE])
    tracks.tracks[1].see(Box(102, 100, 50, 50), 0.1)
    tracks.drop_lost(0.1)
    assert numbers(tracks) == [1]


boxes = st.builds(Box, st.integers(0, 600), st.integers(0, 400), st.integers(24, 200), st.integers(24, 200))


@given(st.lists(st.lists(boxes, max_size=6), max_size=6), st.integers(1, 4))
def test_numbers_are_never_given_twice(found: list[list[Box]], most: int) -> None:
    tracks = tracker(max_faces=most)
    seen: dict[int, int] = {}
    for moment, moment_boxes in enumerate(found):
        tracks.add(moment_boxes, moment)
        assert len(tracks.tracks) <= most
        for track in tracks.tracks:
            assert seen.setdefault(id(track), track.number) == track.number
    assert len(set(numbers(tracks))) == len(tracks.tracks)


@pytest.mark.parametrize("now_s", [0.0, 0.2])
def test_seeing_updates_box_time_and_hits(now_s: float) -> None:
    tracks = tracker()
    tracks.add([HERE], 0)
    tracks.tracks[0].see(THERE, now_s)
    assert (tracks.tracks[0].box, tracks.tracks[0].seen_s, tracks.tracks[0].hits) == (THERE, now_s, 2)
