import numpy as np
import pytest

from tests.conftest import require

require("tensorflow")

from convert.temperature import LEAST_FACES, fit_temperature  # noqa: E402  # only where the extra is there
from training.metrics import calibration_error  # noqa: E402
from training.predictions import as_probabilities  # noqa: E402
from training.splits import Faces  # noqa: E402

COUNT = 4000


def drawn(count: int, temperature: float) -> tuple[np.ndarray, Faces]:
    """Scores that are too sure (above 1) or too shy (below 1) by a temperature, and faces that are labelled as
    the right scores have it."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (count, 3))
    right = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([random.choice(3, p=row) for row in right])
    told = np.exp(logits * temperature)
    scores = np.asarray(told / told.sum(axis=1, keepdims=True), np.float32)
    pixels = np.zeros((count, 1, 1), np.uint8)
    return scores, Faces(pixels, labels.astype(np.int8), None, ("a", "b", "c"))


@pytest.mark.parametrize("told", [0.6, 1.0, 2.0])
def test_the_temperature_undoes_what_scores_are_too_sure_or_too_shy_by(told: float) -> None:
    scores, faces = drawn(COUNT, told)
    temperature, record = fit_temperature(scores, faces)
    assert temperature == pytest.approx(told, rel=0.1)
    after = calibration_error(as_probabilities(scores, temperature, "made"), faces.labels)
    assert after == pytest.approx(record["calibration_error"], abs=1e-4) and after < 0.03
    assert record["calibration_error"] <= record["calibration_error_at_1"] + 0.005


def test_few_faces_leave_it_at_one() -> None:
    scores, faces = drawn(LEAST_FACES - 1, 2.0)
    temperature, record = fit_temperature(scores, faces)
    assert temperature == 1.0 and "fewer" in record["note"]
