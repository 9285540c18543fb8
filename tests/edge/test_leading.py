import pytest

from edge.emotion.leading import Leading
from edge.records import Box, Reading


def face(track: int, side_px: int = 100, first_seen_s: float = 0.0) -> Reading:
    return Reading(track, Box(0, 0, side_px, side_px), "happy", 0.9, {"happy": 0.9}, first_seen_s, first_seen_s)


def tracks(leading: Leading, *scenes: tuple[float, list[Reading]]) -> list[int | None]:
    """Who leads at each of the times."""
    leads = [leading.update(readings, now_s).lead for now_s, readings in scenes]
    return [lead.track if lead else None for lead in leads]


@pytest.fixture
def leading() -> Leading:
    return Leading(no_face_after_s=1)


def test_nobody_leads_an_empty_room(leading: Leading) -> None:
    scene = leading.update([], 0)
    assert (scene.lead, scene.faces) == (None, 0)


def test_the_largest_leads(leading: Leading) -> None:
    scene = leading.update([face(1, 60), face(2, 120), face(3, 80)], 0)
    assert scene.lead and scene.lead.track == 2
    assert scene.faces == 3


def test_of_faces_about_as_large_the_one_that_was_there_longest_leads(leading: Leading) -> None:
    assert tracks(leading, (9, [face(1, 110, 5), face(2, 100, 2), face(3, 60, 0)])) == [2]


def test_two_side_by_side_do_not_take_turns(leading: Leading) -> None:
    jitters = [(index / 15, 5 * (index % 3)) for index in range(30)]
    scenes = [(now_s, [face(1, 100 + more), face(2, 108 - more)]) for now_s, more in jitters]
    assert len(set(tracks(leading, *scenes))) == 1


def test_one_who_comes_much_nearer_takes_the_lead_and_keeps_it(leading: Leading) -> None:
    scenes = [
        (0.0, [face(1, 100), face(2, 90)]),
        (0.1, [face(1, 100), face(2, 130)]),
        (0.2, [face(1, 120), face(2, 130)]),
    ]
    assert tracks(leading, *scenes) == [1, 2, 2]


def test_a_lead_that_looks_away_is_kept_though_somebody_is_at_the_back(leading: Leading) -> None:
    back = face(2, 50)
    scenes = [(0.0, [face(1), back]), (0.5, [back]), (0.9, [face(1), back]), (1.5, [back]), (2.0, [back])]
    assert tracks(leading, *scenes) == [1, 1, 1, 1, 2], "the delay counts from when it was there last"


def test_a_lead_that_comes_back_under_another_number_leads_at_once(leading: Leading) -> None:
    scenes = [(0.0, [face(1), face(2, 50)]), (0.5, [face(2, 50)]), (0.6, [face(3, 95, 0.6), face(2, 50)])]
    assert tracks(leading, *scenes) == [1, 1, 3]


def test_the_room_is_empty_after_the_off_delay(leading: Leading) -> None:
    leading.update([face(1), face(2)], 0)
    assert [leading.update([], now_s).faces for now_s in (0.5, 0.9, 1.0, 2.0)] == [1, 1, 0, 0]


def test_without_an_off_delay_the_room_is_empty_at_once() -> None:
    assert tracks(Leading(0), (0, [face(1)]), (0.1, [])) == [1, None]


def test_what_is_told_of_the_lead_is_of_now(leading: Leading) -> None:
    leading.update([face(1, 100)], 0)
    now = face(1, 104)
    assert leading.update([now], 0.1).lead is now
