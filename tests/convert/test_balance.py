"""Scores are made chances before rare classes are weighed; a class of a few faces is not made much of."""

import numpy as np
import pytest

from tests.conftest import require

require("tensorflow")

from convert.balance import fit_chances  # noqa: E402  # only where the extra is there
from convert.temperature import LEAST_FACES  # noqa: E402
from training.splits import Faces  # noqa: E402

COUNT = 4000
#: The first class is common, the last is rare.
PRIOR = np.array([0.0, -1.0, -2.5])


def drawn(count: int, told: float, shyness: list[float]) -> tuple[np.ndarray, Faces]:
    """Scores that are too sure by a temperature and too shy of each class by a factor, and labelled faces."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 1.5, (count, 3)) + PRIOR
    right = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([random.choice(3, p=row) for row in right])
    scores = (right / shyness) ** told
    scores = np.asarray(scores / scores.sum(axis=1, keepdims=True), np.float32)
    return scores, Faces(np.zeros((count, 1, 1), np.uint8), labels.astype(np.int8), None, ("a", "b", "c"))


@pytest.mark.parametrize("told", [0.6, 1.0, 2.0])
@pytest.mark.parametrize("shyness", [[1.0, 1.0, 1.0], [0.7, 1.0, 2.5]])
def test_temperature_and_corrections_undo_what_scores_are_off_by(told: float, shyness: list[float]) -> None:
    temperature, corrections = fit_chances(*drawn(COUNT, told, shyness))
    assert temperature == pytest.approx(told, rel=0.1)
    expected = np.array(shyness) / np.prod(shyness) ** (1 / 3)
    assert corrections == pytest.approx(expected, rel=0.15)


def test_a_class_of_no_face_is_not_ruled_out() -> None:
    scores, faces = drawn(COUNT, 1.0, [1.0, 1.0, 1.0])
    rows = np.flatnonzero(faces.labels != 2)[: LEAST_FACES + 50]
    _, corrections = fit_chances(scores[rows], faces.take(rows))
    assert corrections[2] > 0.02


def test_few_faces_correct_nothing() -> None:
    temperature, corrections = fit_chances(*drawn(LEAST_FACES - 1, 2.0, [0.5, 1.0, 3.0]))
    assert (temperature, corrections.tolist()) == (1.0, [1.0, 1.0, 1.0])


def test_a_network_that_has_learnt_nothing_gets_a_temperature_with_an_end() -> None:
    scores, faces = drawn(COUNT, 1.0, [1.0, 1.0, 1.0])
    temperature, corrections = fit_chances(scores[::-1], faces)
    assert 0.25 <= temperature <= 4 and np.isfinite(corrections).all()
