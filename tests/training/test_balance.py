import numpy as np
import pytest

from training.balance import draw_order, face_weights

#: Nine of one class, one of another.
TARGETS = np.eye(2, dtype=np.float32)[[0] * 9 + [1]]


def test_by_weight_every_class_counts_the_same() -> None:
    weights = face_weights(TARGETS)
    assert weights.mean() == pytest.approx(1)
    assert weights[:9].sum() == pytest.approx(weights[9])


def test_shared_targets_count_for_each_class_by_its_share() -> None:
    weights = face_weights(np.array([[1, 0], [0.5, 0.5], [0, 1]], np.float32))
    assert weights.tolist() == pytest.approx([1, 1, 1])


def test_a_class_without_a_face_changes_nothing() -> None:
    wider = np.concatenate([TARGETS, np.zeros((10, 1), np.float32)], axis=1)
    assert face_weights(wider).tolist() == pytest.approx(face_weights(TARGETS).tolist())


def test_without_weights_each_row_comes_once_and_with_them_rare_ones_come_as_often() -> None:
    random = np.random.default_rng(0)
    assert sorted(draw_order(10, None, random)) == list(range(10))
    drawn = np.concatenate([draw_order(10, face_weights(TARGETS), random) for _ in range(200)])
    assert (drawn == 9).mean() == pytest.approx(0.5, abs=0.05)
