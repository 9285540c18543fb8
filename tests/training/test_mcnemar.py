import numpy as np
import pytest

from tests.conftest import require

require("training")
from training.mcnemar import mcnemar  # noqa: E402 - only after the skip


def right(*counts: tuple[bool, bool, int]) -> tuple[np.ndarray, np.ndarray]:
    rows = [(one, other) for one, other, count in counts for _ in range(count)]
    return np.array([one for one, _ in rows]), np.array([other for _, other in rows])


def test_only_faces_on_which_one_alone_is_right_count() -> None:
    found = mcnemar(*right((True, False, 10), (False, True, 2), (True, True, 500), (False, False, 80)))
    assert (found.only_first, found.only_second) == (10, 2)
    # both tails of the binomial: 2 * (1 + 12 + 66) / 2 ** 12
    assert found.p == pytest.approx(2 * 79 / 4096)


def test_classifiers_that_never_differ_are_equal() -> None:
    assert mcnemar(*right((True, True, 5), (False, False, 3))).p == 1
