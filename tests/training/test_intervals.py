import numpy as np
import pytest

from tests.conftest import require

require("training")
from sklearn.metrics import confusion_matrix, f1_score, recall_score  # noqa: E402 - only after the skip

from training.intervals import Bootstrap, bootstrap_intervals, share_interval  # noqa: E402

NAMES = ("happy", "sad", "angry")


def pairs(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Truth and prediction; rarer classes are missed more often."""
    random = np.random.default_rng(seed)
    truth = random.choice(3, count, p=(0.6, 0.3, 0.1))
    is_wrong = random.random(count) < np.array([0.1, 0.3, 0.5])[truth]
    return truth, np.where(is_wrong, (truth + random.integers(1, 3, count)) % 3, truth)


def test_intervals_are_those_of_drawing_the_faces_again_one_by_one() -> None:
    truth, predicted = pairs(400)
    found = bootstrap_intervals(confusion_matrix(truth, predicted).tolist(), NAMES, Bootstrap(4000, 1))
    random = np.random.default_rng(2)
    drawn: dict[str, list[float]] = {"accuracy": [], "macro_f1": [], "balanced_accuracy": []}
    rare = []
    for _ in range(1000):
        rows = random.integers(0, 400, 400)
        one, other = truth[rows], predicted[rows]
        drawn["accuracy"].append((one == other).mean())
        drawn["macro_f1"].append(f1_score(one, other, average="macro"))
        recalls = recall_score(one, other, average=None)
        drawn["balanced_accuracy"].append(recalls.mean())
        rare.append(recalls[2])
    for name, values in drawn.items():
        assert found[name] == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=0.012), name
    assert found["per_class"]["angry"]["recall"] == pytest.approx(np.quantile(rare, [0.025, 0.975]), abs=0.03)


def test_more_faces_make_an_interval_narrower_and_it_holds_the_figure() -> None:
    widths = []
    for count in (200, 3200):
        truth, predicted = pairs(count)
        matrix = confusion_matrix(truth, predicted).tolist()
        low, high = bootstrap_intervals(matrix, NAMES, Bootstrap())["accuracy"]
        assert low < (truth == predicted).mean() < high
        widths.append(high - low)
    assert widths[0] / widths[1] == pytest.approx(4, rel=0.25)


def test_the_seed_decides() -> None:
    matrix = [[80, 20], [30, 70]]
    first, again, other = (bootstrap_intervals(matrix, NAMES[:2], Bootstrap(200, seed)) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_a_class_without_a_face_has_no_interval_and_does_not_spoil_the_means() -> None:
    found = bootstrap_intervals([[50, 0, 0], [10, 40, 0], [0, 0, 0]], NAMES, Bootstrap(200))
    assert set(found["per_class"]["angry"].values()) == {None}
    assert found["balanced_accuracy"][0] > 0.8


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert share_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert share_interval(0, 10)[0] == pytest.approx(0, abs=1e-9)
