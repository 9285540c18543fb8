import numpy as np
import pytest

from edge.labels import EMOTIONS
from tests.conftest import require
from training.datasets import Faces

require("training")
from training.metrics import (  # noqa: E402 - only after the skip
    calibration_error,
    describe,
    figures,
    find_copies,
    plurality_accuracy,
)

ANGRY, HAPPY, NEUTRAL = 0, 3, 6


def sure(*classes: int, confidence: float = 1.0) -> np.ndarray:
    """Rows that give one class a confidence and the others the rest."""
    rows = np.full((len(classes), 7), (1 - confidence) / 6, np.float32)
    rows[np.arange(len(classes)), classes] = confidence
    return rows


def test_figures_of_a_small_case_are_those_computed_by_hand() -> None:
    found = describe(sure(0, 0, 0, 3, 3), np.array([0, 0, 3, 3, 6]), EMOTIONS)
    assert found["accuracy"] == 0.6
    assert found["balanced_accuracy"] == pytest.approx((1 + 0.5 + 0) / 3, abs=1e-5)
    assert found["per_class"]["angry"] == {"precision": 0.66667, "recall": 1.0, "f1": 0.8, "faces": 2}
    assert found["macro_f1"] == pytest.approx((0.8 + 0.5 + 0) / 3, abs=1e-5)
    assert found["confusion"][HAPPY] == [1, 0, 0, 1, 0, 0, 0]
    assert found["confusion"][NEUTRAL] == [0, 0, 0, 1, 0, 0, 0]


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    truth = np.array([0, 0, 0, 1])
    assert calibration_error(sure(0, 0, 0, 0), truth) == pytest.approx(0.25)
    assert calibration_error(sure(0, 0, 0, 0, confidence=0.75), truth) == pytest.approx(0, abs=1e-6)


def test_of_classes_that_tie_either_is_right_and_rows_without_votes_are_left_out() -> None:
    votes = np.zeros((3, 7), np.uint8)
    votes[0, [ANGRY, HAPPY]] = 4
    votes[1, HAPPY] = 9
    assert plurality_accuracy(sure(ANGRY, HAPPY, HAPPY), votes) == 1
    assert plurality_accuracy(sure(HAPPY, ANGRY, HAPPY), votes) == 0.5


def test_a_copy_of_a_training_picture_is_found_and_left_out_of_one_figure() -> None:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (4, 48, 48)).astype(np.uint8)
    votes = np.zeros((4, 10), np.uint8)
    votes[:2, 1], votes[2:, 0] = 9, 5
    votes[2:, 7] = 5
    faces = Faces(pixels, np.array([HAPPY, HAPPY, NEUTRAL, NEUTRAL], np.uint8), votes)
    is_copy = find_copies(faces, Faces(pixels[1:2], np.zeros(1, np.uint8)))
    assert is_copy.tolist() == [False, True, False, False]
    found = figures(sure(HAPPY, ANGRY, NEUTRAL, ANGRY), faces, is_copy)
    assert found["all"]["fer2013"]["accuracy"] == 0.5
    assert found["without_copies"]["fer2013"]["accuracy"] == pytest.approx(2 / 3, abs=1e-5)
    assert found["all"]["raters"]["faces"] == 4
    assert found["all"]["raters_agree"]["faces"] == 2


def test_data_without_votes_has_no_figures_of_raters() -> None:
    faces = Faces(np.zeros((2, 48, 48), np.uint8), np.array([0, 3], np.uint8))
    found = figures(sure(0, 3), faces, np.zeros(2, bool))
    assert set(found["all"]) == {"fer2013"}


def test_figures_for_fewer_classes_leave_out_the_rows_of_the_others() -> None:
    votes = np.zeros((4, 10), np.uint8)
    votes[0, 1] = votes[3, 1] = 9  # happiness
    votes[1, 6], votes[1, 2] = 8, 2  # fear, and a little surprise
    votes[2, 0] = 9  # neutral
    faces = Faces(np.zeros((4, 48, 48), np.uint8), np.array([HAPPY, 2, NEUTRAL, 2], np.uint8), votes)
    three = faces.relabel(("happy", "surprise", "neutral"))
    rows = np.eye(3, dtype=np.float32)[[0, 1, 0, 0]]
    found = figures(rows, three, np.zeros(4, bool))["all"]
    assert found["fer2013"]["faces"] == 2
    assert found["fer2013"]["accuracy"] == 0.5
    assert found["raters"]["faces"] == 3  # the third label is fear, but the raters saw joy
    assert found["raters"]["accuracy"] == pytest.approx(2 / 3, abs=1e-5)
    assert list(found["fer2013"]["per_class"]) == ["happy", "surprise", "neutral"]
    assert three.left_out == {"fear": 2}
