import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

TARGETS = np.eye(2, dtype=np.float32)[[0] * 9 + [1]]  # nine of one class, one of the other


def loss(scores: list[float], target: list[float], adjustment: float, smoothing: float = 0.0) -> float:
    from training.backend import prepare_backend

    prepare_backend()
    from training.losses import make_loss

    rows = [np.array([row], np.float32) for row in (target, scores)]
    return float(make_loss(TARGETS, smoothing, adjustment)(*rows))


def test_without_adjustment_it_is_the_cross_entropy() -> None:
    assert loss([0.3, 0.7], [0, 1], 0) == pytest.approx(-np.log(0.7), abs=1e-5)


def test_fully_adjusted_even_scores_stand_for_the_shares_of_the_classes() -> None:
    assert loss([0.5, 0.5], [0, 1], 1) == pytest.approx(-np.log(0.1), abs=1e-5)
    assert loss([0.5, 0.5], [1, 0], 1) == pytest.approx(-np.log(0.9), abs=1e-5)


def test_half_adjusted_is_between() -> None:
    assert loss([0.5, 0.5], [0, 1], 0) < loss([0.5, 0.5], [0, 1], 0.5) < loss([0.5, 0.5], [0, 1], 1)


def test_smoothing_is_that_of_the_plain_loss() -> None:
    plain, even = loss([0.2, 0.8], [0, 1], 0, 0.1), loss([0.2, 0.8], [0, 1], 1e-9, 0.1)
    assert even == pytest.approx(plain, abs=1e-4)
