import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import MoodConfig
from edge.emotion.mood import Mood, Moods
from edge.records import Box, Face

HAPPY = {"happy": 0.9, "sad": 0.1}
SAD = {"happy": 0.1, "sad": 0.9}
BOX = Box(0, 0, 50, 50)


def test_the_first_scores_are_taken_as_they_are() -> None:
    mood = Mood(MoodConfig(smoothing_s=5), HAPPY, now_s=3)
    assert (mood.emotion, mood.confidence, mood.scores) == ("happy", 0.9, HAPPY)
    assert (mood.since_s, mood.first_seen_s) == (3, 3)


def test_after_one_time_constant_the_rest_of_the_old_is_one_in_e() -> None:
    mood = Mood(MoodConfig(smoothing_s=2), HAPPY, 0)
    mood.update(SAD, 2)
    assert mood.scores["happy"] == pytest.approx(0.1 + 0.8 / math.e)
    assert sum(mood.scores.values()) == pytest.approx(1)


@given(st.integers(1, 60), st.floats(0.1, 5))
def test_smoothing_does_not_depend_on_the_frame_rate(frames: int, smoothing_s: float) -> None:
    often, once = (Mood(MoodConfig(smoothing_s=smoothing_s), HAPPY, 0) for _ in range(2))
    for index in range(frames):
        often.update(SAD, (index + 1) / frames)
    once.update(SAD, 1)
    assert often.scores["sad"] == pytest.approx(once.scores["sad"])


def test_without_smoothing_each_frame_stands_for_itself() -> None:
    mood = Mood(MoodConfig(smoothing_s=0), HAPPY, 0)
    mood.update(SAD, 0.01)
    assert mood.scores == pytest.approx(SAD)
    assert mood.emotion == "sad"


def test_a_frame_from_the_past_changes_nothing() -> None:
    mood = Mood(MoodConfig(), HAPPY, 10)
    mood.update(SAD, 9)
    assert mood.scores == HAPPY


def test_below_the_least_confidence_the_emotion_is_uncertain() -> None:
    scores = {"happy": 0.34, "sad": 0.33, "fear": 0.33}
    mood = Mood(MoodConfig(min_confidence=0.35), scores, 0)
    assert mood.emotion == "uncertain"
    assert mood.confidence == 0.34, "while uncertain the confidence is that of the best class"
    assert Mood(MoodConfig(min_confidence=0.34), scores, 0).emotion == "happy"


def test_another_emotion_is_told_only_when_it_leads_by_the_margin() -> None:
    mood = Mood(MoodConfig(smoothing_s=0, switch_margin=0.1), {"happy": 0.55, "sad": 0.45}, 0)
    mood.update({"happy": 0.46, "sad": 0.54}, 1)
    assert (mood.emotion, mood.since_s) == ("happy", 0)
    assert mood.confidence == 0.46, "the confidence is that of the emotion told"
    mood.update({"happy": 0.44, "sad": 0.56}, 2)
    assert (mood.emotion, mood.since_s) == ("sad", 2)


def test_out_of_uncertainty_the_best_emotion_needs_no_margin() -> None:
    mood = Mood(MoodConfig(smoothing_s=0, min_confidence=0.5), {"happy": 0.4, "sad": 0.35, "fear": 0.25}, 0)
    assert mood.emotion == "uncertain"
    mood.update({"happy": 0.0, "sad": 0.5, "fear": 0.5}, 1)
    assert mood.emotion == "sad"


def test_since_moves_only_with_the_emotion() -> None:
    mood = Mood(MoodConfig(smoothing_s=0), HAPPY, 0)
    mood.update({"happy": 0.8, "sad": 0.2}, 5)
    assert mood.since_s == 0
    mood.update(SAD, 7)
    assert (mood.since_s, mood.first_seen_s) == (7, 0)


def test_a_face_that_is_not_seen_keeps_its_mood() -> None:
    moods = Moods(MoodConfig())
    moods.update([(Face(BOX, 1), HAPPY)], 0)
    moved = Box(5, 5, 50, 50)
    (reading,) = moods.update([(Face(moved, 1, is_seen=False), None)], 1)
    assert (reading.emotion, reading.scores, reading.box) == ("happy", HAPPY, moved)


def test_a_face_that_was_never_scored_says_nothing() -> None:
    assert Moods(MoodConfig()).update([(Face(BOX, 1, is_seen=False), None)], 0) == []


def test_a_track_that_is_gone_is_forgotten() -> None:
    moods = Moods(MoodConfig(smoothing_s=60))
    moods.update([(Face(BOX, 1), HAPPY)], 0)
    assert moods.update([], 1) == []
    (reading,) = moods.update([(Face(BOX, 1), SAD)], 2)
    assert (reading.emotion, reading.first_seen_s) == ("sad", 2), "nothing of the old mood may be left"


def test_each_track_has_a_mood_of_its_own_and_the_order_stays() -> None:
    moods = Moods(MoodConfig())
    readings = moods.update([(Face(BOX, 7), SAD), (Face(BOX, 3), HAPPY)], 0)
    assert [(reading.track, reading.emotion) for reading in readings] == [(7, "sad"), (3, "happy")]
