"""The trials that chose what the device waits for and refuses: what they count must be what happened."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from edge.config import MoodConfig, QualityConfig
from edge.emotion.bundle import load_bundle
from edge.emotion.classifier import Classifier
from edge.faces.quality import QualityGate
from tests.conftest import require
from tests.training.faces import draw_face

require("training")

from training.cli import main  # noqa: E402  # only where the extra is there
from training.trials import moods, quality, sequences  # noqa: E402
from training.trials.clear_faces import ClearFaces, load_clear_faces  # noqa: E402

SURE, OTHER = [0.9, 0.1], [0.1, 0.9]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.open(load_bundle("mini_xception"))


def recording(*parts: tuple[int, float, list[float]], fps: int = 10) -> sequences.Recording:
    """Parts of (what is shown, seconds, scores)."""
    lengths = [round(seconds * fps) for _, seconds, _ in parts]
    truth = np.repeat([shown for shown, _, _ in parts], lengths)
    scores = np.repeat(np.array([scores for _, _, scores in parts], np.float32), lengths, axis=0)
    changes = [one[0] != two[0] for one, two in pairwise(parts)]
    shown = np.repeat(np.cumsum([0, *changes]), lengths)
    return sequences.Recording(np.arange(len(truth)) / fps, scores, truth, shown)


def test_what_is_told_unsmoothed_is_right_at_once() -> None:
    figures = moods.measure([recording((0, 5, SURE), (1, 5, OTHER))], moods.unsmoothed)
    assert (figures.changes_per_minute, figures.accuracy, figures.uncertain) == (6.0, 1.0, 0.0)
    assert (figures.delay_s, figures.delays, figures.soon) == (0.0, 1, 1.0)


def test_flicker_is_counted_by_the_minute() -> None:
    flicker = recording((0, 1, SURE), *[(0, 0.1, OTHER), (0, 0.9, SURE)] * 5)
    assert moods.measure([flicker], moods.unsmoothed).changes_per_minute == 100
    assert moods.measure([flicker], moods.majority).changes_per_minute == 0


def test_the_majority_follows_when_most_of_its_frames_do() -> None:
    change = recording((0, 3, SURE), (1, 3, OTHER))
    told = moods.majority(change)
    assert told.tolist() == [0] * 34 + [1] * 26, "at five to five the last frame decides"
    assert moods.measure([change], moods.majority).delay_s == 0.4


def test_a_change_that_is_never_told_counts_as_a_delay_without_end() -> None:
    figures = moods.measure([recording((0, 3, SURE), (1, 3, OTHER))], lambda one: np.zeros(len(one.truth), int))
    assert figures.delay_s == float("inf") and figures.soon == 0


def test_a_change_that_the_network_does_not_see_is_no_delay() -> None:
    assert moods.measure([recording((0, 3, SURE), (1, 3, SURE))], moods.unsmoothed).delays == 0


def test_uncertain_counts_as_wrong_and_apart() -> None:
    half = recording((0, 5, SURE), (0, 5, [0.5, 0.5]))
    tell = moods.by_mood(MoodConfig(smoothing_s=0, min_confidence=0.6, leave_confidence=0.6, min_dwell_s=0))
    figures = moods.measure([half], tell)
    assert (figures.accuracy, figures.uncertain, figures.accuracy_told) == (0.5, 0.5, 1.0)


def test_moods_are_those_of_the_device_at_every_way_of_smoothing() -> None:
    noisy = recording((0, 2, SURE), (0, 0.1, OTHER), (0, 2, SURE), (1, 3, OTHER), fps=15)
    for tell in (moods.by_mood(MoodConfig()), moods.by_mood_of_logarithms(MoodConfig())):
        told = tell(noisy)
        assert np.count_nonzero(np.diff(told)) == 1 and told[-1] == 1


def test_recordings_hold_each_face_for_seconds_and_repeat_to_the_byte(classifier: Classifier) -> None:
    staging = sequences.Staging(held_s=(0.5, 1.0), faces=3, fade_s=0.2)
    truth = np.array([0, 3, 6, 5, 4, 3, 2])
    faces = [draw_face(int(label), 0) for label in truth]
    one, other = (sequences.record(faces, truth, classifier, seed, lambda _: None, staging) for seed in (1, 1))
    assert len(one) == 2, "of seven faces two recordings of three"
    for first, second in zip(one, other, strict=True):
        assert np.array_equal(first.scores, second.scores)
        assert np.allclose(first.scores.sum(axis=1), 1, atol=1e-5)
        _, frames = np.unique(first.shown, return_counts=True)
        assert len(frames) == 3 and all(15 <= count <= 30 for count in frames)
    slow = one[0].at(15)
    assert slow.time_s[1] == pytest.approx(1 / 15)
    assert np.array_equal(slow.scores, one[0].scores[::2])


def test_halves_share_no_face_and_are_the_same_every_time() -> None:
    faces = ClearFaces([np.full((2, 2), value, np.uint8) for value in range(11)], np.arange(11), "raters")
    halves = [set(faces.half(which, seed=1).truth.tolist()) for which in (0, 1)]
    assert halves[0] | halves[1] == set(range(11)) and not halves[0] & halves[1]
    assert halves[1] == set(faces.half(1, seed=1).truth.tolist())
    assert len(faces.half(1, seed=1, most=3)) == 3


def test_faces_that_raters_disagree_on_are_left_out(small_fer: Path, tmp_path: Path) -> None:
    card = load_bundle("mini_xception").card
    clear = load_clear_faces(small_fer, card)
    assert (len(clear), clear.named_by) == (28, "raters")
    assert clear.truth.tolist() == [*range(7)] * 4


def test_each_disturbance_shows_the_gate_and_the_network_the_same_picture(classifier: Classifier) -> None:
    truth = np.arange(7)
    faces = ClearFaces([draw_face(label, 0) for label in range(7)], truth, "labels")
    rows = quality.measure(faces, classifier, QualityGate(QualityConfig()), 1, lambda _: None)
    by_name = {(row.disturbance, row.strength): row for row in rows}
    assert len(by_name) == len(rows) == sum(1 for _ in quality.disturbances())
    assert by_name["side, pixels", "16"].reasons == {"small": 1.0}
    assert by_name["light, divided by", "64"].reasons.get("dark", 0) > 0.5
    assert by_name["cut at a side or below, %", "30"].reasons == {"cut": 1.0}
    for row in rows:
        assert row.refused == pytest.approx(sum(row.reasons.values()), abs=0.001)
        assert (row.accuracy_kept is None) == (row.refused == 1)


@pytest.mark.parametrize("command", ["moods", "quality"])
def test_a_trial_prints_one_document_and_draws_a_picture(
    command: str, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "trial.png"
    words = [command, "--data", str(small_fer), "--faces", "6", "--json", "--plot", str(picture)]
    assert main(words) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["faces"] == 6
    assert picture.read_bytes().startswith(b"\x89PNG")
    if command == "moods":
        assert set(document["fps"]) == {"15", "30"}
        assert set(document["fps"]["15"]) == {"unsmoothed", "majority of 10 frames", "mien"}
    else:
        assert document["rows"][0]["disturbance"] == "none"
    assert main(words) == 2, "the picture is there"
    assert "--force" in capsys.readouterr().err


def test_a_picture_of_no_kind_that_can_be_drawn_is_refused_before_the_work(
    small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["moods", "--data", str(small_fer), "--plot", str(tmp_path / "trial.gif")]) == 2
    assert "expected a name that ends in .png or .svg" in capsys.readouterr().err
