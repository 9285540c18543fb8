import numpy as np
import pytest

from convert.calibration import calibration_inputs
from edge.errors import DataError
from edge.preprocessing import to_model_input
from training.datasets import Faces


def faces(*labels: int) -> Faces:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (len(labels), 48, 48)).astype(np.uint8)
    return Faces(pixels, np.array(labels, np.uint8))


def test_each_class_gives_as_many_faces_as_there_are_up_to_the_limit() -> None:
    training = faces(*[3] * 50, *[1] * 2, *[0, 2, 4, 5, 6] * 5)
    inputs = calibration_inputs(training, 64, (-1, 1), per_class=4)
    known = {to_model_input(face, 64, (-1, 1)).tobytes(): label for face, label in
             zip(training.pixels, training.labels, strict=True)}  # fmt: skip
    labels = [known[face[np.newaxis].tobytes()] for face in inputs]
    assert np.bincount(labels).tolist() == [4, 2, 4, 4, 4, 4, 4]


def test_a_class_without_a_face_is_named() -> None:
    with pytest.raises(DataError, match="no face of disgust"):
        calibration_inputs(faces(0, 2, 3, 4, 5, 6), 64, (-1, 1))
