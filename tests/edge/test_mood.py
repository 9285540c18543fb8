"""Moods under a clock of our own: nothing here waits."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import MoodConfig
from edge.emotion.mood import Mood, Moods
from edge.labels import UNCERTAIN
from edge.records import Box, Face, Reading, Scores

HAPPY = {"happy": 0.9, "sad": 0.05, "fear": 0.05}
SAD = {"happy": 0.05, "sad": 0.9, "fear": 0.05}
NEITHER = {"happy": 0.34, "sad": 0.33, "fear": 0.33}
BOX = Box(0, 0, 50, 50)
CONFIG = MoodConfig()


def feed(mood: Mood, scores: Scores, from_s: float, until_s: float, fps: float = 15) -> list[tuple[float, str]]:
    """Look at a face that stays as it is; what was told at each time."""
    told = []
    for index in range(round((until_s - from_s) * fps)):
        now_s = from_s + index / fps
        mood.look(scores, now_s)
        told.append((now_s, mood.emotion))
    return told


def settled(scores: Scores = HAPPY, config: MoodConfig = CONFIG, fps: float = 15) -> Mood:
    """A mood that took two seconds of a face."""
    mood = Mood(config, 0)
    feed(mood, scores, 0, 2, fps)
    return mood


def changes(told: list[str]) -> int:
    return sum(one != other for one, other in pairwise(told))


def delay_s(fps: float) -> float:
    """How long after a true change it is told."""
    told = feed(settled(HAPPY, fps=fps), SAD, 2, 5, fps)
    return next(now_s for now_s, emotion in told if emotion == "sad") - 2


def test_before_the_first_look_nothing_is_known() -> None:
    mood = Mood(CONFIG, 0)
    assert (mood.emotion, mood.scores, mood.confidence) == (UNCERTAIN, {}, 0)


def test_a_first_look_that_is_clear_is_told() -> None:
    mood = Mood(CONFIG, 0)
    mood.look(HAPPY, 0)
    assert mood.emotion == "happy"
    assert mood.confidence < HAPPY["happy"], "one look is not believed in full"


def test_a_first_look_that_is_not_clear_is_believed_when_it_lasts() -> None:
    faint = {"happy": 0.41, "sad": 0.31, "fear": 0.28}
    mood = Mood(CONFIG, 0)
    mood.look(faint, 0)
    assert mood.emotion == UNCERTAIN
    feed(mood, faint, 0.1, 2)
    assert mood.emotion == "happy"


@pytest.mark.parametrize("fps", [2, 5, 15, 30])
def test_a_single_odd_frame_changes_nothing(fps: float) -> None:
    mood = settled(HAPPY, fps=fps)
    mood.look(SAD, 2)
    assert (mood.emotion, mood.since_s) == ("happy", 0)


def test_a_single_odd_frame_after_a_long_pause_changes_nothing() -> None:
    mood = settled(HAPPY)
    mood.look(SAD, 4)
    assert mood.emotion == "happy"


@pytest.mark.parametrize("fps", [5, 15, 30])
def test_a_true_change_is_told_soon_at_any_frame_rate(fps: float) -> None:
    assert 0 < delay_s(fps) < 0.7
    assert delay_s(fps) == pytest.approx(delay_s(120), abs=1.5 / fps)


def test_smoothed_scores_are_those_of_any_other_frame_rate() -> None:
    moods = {fps: settled(HAPPY, fps=fps) for fps in (10, 15, 30, 60)}
    for fps, mood in moods.items():
        feed(mood, SAD, 2, 2.4, fps)
    happy = [mood.scores["happy"] for mood in moods.values()]
    assert max(happy) - min(happy) < 0.001


def test_without_smoothing_every_frame_speaks_for_itself() -> None:
    mood = Mood(MoodConfig(smoothing_s=0, min_dwell_s=0), 0)
    for now_s, scores in enumerate((HAPPY, SAD, HAPPY)):
        mood.look(scores, now_s)
        assert mood.scores == pytest.approx(scores)
        assert mood.emotion == max(scores, key=scores.__getitem__)


def test_below_the_least_confidence_no_emotion_begins() -> None:
    mood = settled(NEITHER)
    assert mood.emotion == UNCERTAIN
    assert mood.confidence == pytest.approx(0.34, abs=0.01), "while uncertain it is that of the best class"


def test_an_emotion_is_kept_below_the_confidence_that_it_takes_to_begin() -> None:
    weak = {"happy": 0.28, "sad": 0.26, "fear": 0.24, "neutral": 0.22}
    unsure = settled(weak)
    kept = settled({**dict.fromkeys(weak, 0.0), "happy": 1.0})
    feed(kept, weak, 2, 5)
    assert (unsure.emotion, kept.emotion) == (UNCERTAIN, "happy")


def test_an_emotion_that_faded_is_left_for_uncertain() -> None:
    mood = settled({"happy": 1.0, "sad": 0.0, "fear": 0.0, "neutral": 0.0})
    feed(mood, {"happy": 0.1, "sad": 0.3, "fear": 0.3, "neutral": 0.3}, 2, 5)
    assert mood.emotion == UNCERTAIN


def test_another_emotion_is_told_only_when_it_leads_by_the_margin() -> None:
    config = MoodConfig(smoothing_s=0, min_dwell_s=0, switch_margin=0.1)
    mood = Mood(config, 0)
    mood.look({"happy": 0.55, "sad": 0.45}, 0)
    mood.look({"happy": 0.46, "sad": 0.54}, 1)
    assert (mood.emotion, mood.since_s) == ("happy", 0)
    assert mood.confidence == 0.46, "the confidence is that of the emotion told"
    mood.look({"happy": 0.44, "sad": 0.56}, 2)
    assert (mood.emotion, mood.since_s) == ("sad", 2)


def test_an_emotion_that_was_told_holds_for_the_shortest_dwell() -> None:
    mood = Mood(MoodConfig(smoothing_s=0, min_dwell_s=1), 0)
    mood.look(HAPPY, 0)
    mood.look(SAD, 0.5)
    assert mood.emotion == "happy"
    mood.look(SAD, 1.0)
    assert (mood.emotion, mood.since_s) == ("sad", 1.0)


def test_out_of_uncertainty_an_emotion_need_not_wait() -> None:
    mood = Mood(MoodConfig(smoothing_s=0, min_dwell_s=10), 0)
    mood.look(NEITHER, 0)
    mood.look(HAPPY, 0.1)
    assert mood.emotion == "happy"


def test_noise_about_a_tie_hardly_flickers() -> None:
    noise = random.Random(0)
    mood = Mood(CONFIG, 0)
    frames, told = [], []
    for index in range(30 * 60):
        happy = noise.uniform(0.3, 0.7)
        mood.look({"happy": happy, "sad": 1 - happy}, index / 30)
        frames.append("happy" if happy > 0.5 else "sad")
        told.append(mood.emotion)
    assert 50 * changes(told) < changes(frames)


def test_a_time_that_goes_back_is_taken_as_no_time() -> None:
    mood = settled(HAPPY)
    before = dict(mood.scores)
    mood.look(SAD, 1)
    assert mood.scores == before


Looks = st.lists(
    st.tuples(
        st.lists(st.floats(0.001, 1), min_size=3, max_size=3),
        st.floats(0, 3),
        st.booleans(),
    ),
    min_size=1,
    max_size=40,
)


@given(Looks, st.sampled_from([0.0, 0.2, 2.0]))
def test_scores_stay_a_distribution_and_the_emotion_one_of_them(
    looks: list[tuple[list[float], float, bool]], smoothing_s: float
) -> None:
    mood, now_s = Mood(MoodConfig(smoothing_s=smoothing_s), 0), 0.0
    for weights, pause_s, is_look in looks:
        now_s += pause_s
        if is_look:
            shares = [weight / sum(weights) for weight in weights]
            mood.look(dict(zip(("happy", "sad", "fear"), shares, strict=True)), now_s)
        else:
            mood.wait(now_s)
        if mood.scores:
            assert sum(mood.scores.values()) == pytest.approx(1)
            assert all(0 <= score <= 1 + 1e-9 for score in mood.scores.values())
        assert mood.emotion == UNCERTAIN or mood.emotion in mood.scores
        assert 0 <= mood.confidence <= 1 + 1e-9
        assert 0 <= mood.since_s <= now_s


def test_a_face_that_is_not_looked_at_keeps_its_mood_for_a_while_and_then_is_uncertain() -> None:
    moods = Moods(MoodConfig(uncertain_after_s=3))
    moods.update([(Face(BOX, 1), HAPPY)], 0)
    moved = Box(5, 5, 50, 50)
    (reading,) = moods.update([(Face(moved, 1, is_seen=False), None)], 2.9)
    assert (reading.emotion, reading.box) == ("happy", moved)
    (reading,) = moods.update([(Face(moved, 1), None)], 3.0)
    assert (reading.emotion, reading.scores, reading.confidence) == (UNCERTAIN, {}, 0)
    assert (reading.since_s, reading.first_seen_s) == (3.0, 0)


def test_a_face_that_can_be_read_again_begins_anew() -> None:
    moods = Moods(MoodConfig(uncertain_after_s=3))
    moods.update([(Face(BOX, 1), HAPPY)], 0)
    moods.update([(Face(BOX, 1), None)], 5)
    (reading,) = moods.update([(Face(BOX, 1), SAD)], 6)
    assert (reading.emotion, reading.since_s, reading.first_seen_s) == ("sad", 6, 0)


def test_a_face_that_could_never_be_read_says_nothing_for_a_while_and_then_uncertain() -> None:
    moods = Moods(MoodConfig(uncertain_after_s=3))
    assert moods.update([(Face(BOX, 1), None)], 0) == []
    assert moods.update([(Face(BOX, 1), None)], 2.9) == []
    assert (moods.scene.lead, moods.scene.faces) == (None, 0)
    (reading,) = moods.update([(Face(BOX, 1), None)], 3.0)
    assert (reading.emotion, reading.scores) == (UNCERTAIN, {})
    assert (moods.scene.lead, moods.scene.faces) == (reading, 1), "somebody is there"


def test_a_face_that_was_blurred_at_first_is_told_at_once_when_it_can_be_read() -> None:
    moods = Moods(CONFIG)
    moods.update([(Face(BOX, 1), None)], 0)
    (reading,) = moods.update([(Face(BOX, 1), HAPPY)], 0.5)
    assert (reading.emotion, reading.first_seen_s) == ("happy", 0)


def test_a_track_that_is_gone_is_forgotten() -> None:
    moods = Moods(MoodConfig(smoothing_s=60))
    moods.update([(Face(BOX, 1), HAPPY)], 0)
    assert moods.update([], 1) == []
    (reading,) = moods.update([(Face(BOX, 1), SAD)], 2)
    assert (reading.emotion, reading.first_seen_s) == ("sad", 2), "nothing of the old mood may be left"


def test_each_track_has_a_mood_of_its_own_and_the_order_stays() -> None:
    moods = Moods(CONFIG)
    readings = moods.update([(Face(BOX, 7), SAD), (Face(BOX, 3), HAPPY)], 0)
    assert [(reading.track, reading.emotion) for reading in readings] == [(7, "sad"), (3, "happy")]


def test_no_face_is_told_after_the_off_delay() -> None:
    moods = Moods(MoodConfig(no_face_after_s=1))
    moods.update([(Face(BOX, 1), HAPPY)], 0)
    moods.update([], 0.9)
    lead = moods.scene.lead
    assert isinstance(lead, Reading) and (lead.emotion, moods.scene.faces) == ("happy", 1)
    moods.update([], 1.0)
    assert (moods.scene.lead, moods.scene.faces) == (None, 0)


def test_a_minute_is_summed_up_once_when_it_is_over() -> None:
    moods = Moods(CONFIG)
    summaries = []
    for index in range(15 * 125):
        now_s = index / 15
        faces = [(Face(BOX, 1), HAPPY)] if now_s < 90 else []
        moods.update(faces, now_s)
        if moods.scene.summary:
            summaries.append((now_s, moods.scene.summary))
    (first_s, first), (second_s, second) = summaries
    assert (first_s, second_s) == (60, 120)
    assert first.shares == {"happy": 1.0} and first.faces == pytest.approx(1, abs=0.01)
    assert second.faces == pytest.approx(0.5, abs=0.02), "half of the second minute"


def test_the_usual_settings_are_those_that_were_measured() -> None:
    """Whoever changes one runs `mien-train moods` again and updates edge/emotion/README.md."""
    assert CONFIG.model_dump() == {
        "smoothing_s": 0.2,
        "min_confidence": 0.4,
        "leave_confidence": 0.2,
        "switch_margin": 0.3,
        "min_dwell_s": 0.5,
        "uncertain_after_s": 3,
        "no_face_after_s": 1,
    }
