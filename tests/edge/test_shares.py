import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.emotion.shares import Shares
from edge.records import Summary


def test_nothing_was_seen_before_the_first_frame() -> None:
    summary = Shares().summary
    assert (summary.watched_s, summary.shares, summary.faces) == (0, {}, 0)


@pytest.mark.parametrize("fps", [5, 15, 30])
def test_shares_are_of_time_and_not_of_frames(fps: int) -> None:
    shares = Shares()
    for index in range(40 * fps + 1):
        now_s = index / fps
        shares.add(["happy"] if now_s <= 30 else ["sad"], now_s)
    assert shares.summary.shares == pytest.approx({"happy": 0.75, "sad": 0.25}, abs=0.01)
    assert shares.summary.watched_s == pytest.approx(40)


def test_each_face_counts_for_its_time() -> None:
    shares = Shares()
    for index in range(101):
        shares.add(["happy", "sad", "sad"] if index <= 50 else [], index / 10)
    summary = shares.summary
    assert summary.shares == pytest.approx({"happy": 1 / 3, "sad": 2 / 3})
    assert summary.faces == pytest.approx(1.5)


def test_what_is_older_than_a_minute_is_gone() -> None:
    shares = Shares()
    for second in range(200):
        shares.add(["happy"] if second < 120 else ["sad"], second)
    assert shares.summary.shares == {"sad": 1.0}
    assert shares.summary.watched_s == 60


def test_a_long_pause_is_no_time_that_was_watched() -> None:
    shares = Shares()
    for now_s in (0, 1, 31, 32):
        shares.add(["happy"], now_s)
    assert shares.summary.watched_s == 3


def test_after_a_pause_of_minutes_nothing_old_is_left() -> None:
    shares = Shares()
    for now_s in (0, 1, 600, 600.5):
        shares.add(["sad"] if now_s < 600 else ["happy"], now_s)
    assert shares.summary.shares == {"happy": 1.0}


EMOTIONS = st.lists(st.sampled_from(["happy", "sad", "uncertain"]))


@given(st.lists(st.tuples(st.floats(-1, 80), EMOTIONS), max_size=60))
def test_shares_add_up_to_one_or_there_are_none(frames: list[tuple[float, list[str]]]) -> None:
    shares, now_s = Shares(), 0.0
    for pause_s, emotions in frames:
        now_s += pause_s
        shares.add(emotions, now_s)
        summary = shares.summary
        assert not summary.shares or sum(summary.shares.values()) == pytest.approx(1)
        assert 0 <= summary.watched_s <= 61
        assert summary.faces >= 0


def test_moments_with_fewer_faces_count_as_not_watched() -> None:
    shares = Shares(least_faces=3)
    for tenth in range(100):
        shares.add(["happy"] * (3 if tenth < 50 else 2) + ["sad"] * (tenth < 20), tenth / 10)
    summary = shares.summary
    assert summary.watched_s == pytest.approx(4.9)
    assert summary.faces == pytest.approx(3 + 1.9 / 4.9)
    assert summary.shares["sad"] == pytest.approx(1.9 / (4 * 1.9 + 3 * 3))
    alone = Shares(least_faces=2)
    alone.add(["happy"], 0)
    alone.add(["happy"], 1)
    assert alone.summary == Summary()
