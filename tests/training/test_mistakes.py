import numpy as np

from tests.conftest import require

require("training")
from training.mistakes import top_confusions  # noqa: E402 - only after the skip

NAMES = ("happy", "sad", "angry")


def scores(*named: tuple[int, float]) -> np.ndarray:
    rows = np.zeros((len(named), 3), np.float32)
    for row, (index, confidence) in enumerate(named):
        rows[row] = (1 - confidence) / 2
        rows[row, index] = confidence
    return rows


def test_the_most_frequent_mistake_comes_first_with_its_surest_faces() -> None:
    # of rows 1 to 6, which alone have a truth: sad three times taken for happy, happy once for angry
    found = top_confusions(
        scores((0, 0.9), (0, 0.6), (0, 0.9), (0, 0.7), (2, 0.8), (1, 0.9), (0, 0.9)),
        (np.arange(1, 7), np.array([1, 1, 1, 0, 1, 0])),
        NAMES,
        examples=2,
    )
    assert [(pair["true"], pair["predicted"], pair["faces"]) for pair in found] == [
        ("sad", "happy", 3),
        ("happy", "angry", 1),
    ]
    assert found[0]["share"] == 0.75
    assert found[0]["examples"] == [{"row": 2, "confidence": 0.9}, {"row": 3, "confidence": 0.7}]


def test_who_makes_no_mistake_has_none() -> None:
    assert top_confusions(scores((0, 0.9), (1, 0.9)), (np.arange(2), np.array([0, 1])), NAMES) == []
