"""The faces by which the converter chooses the range of every int8 tensor."""

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError
from edge.preprocessing import to_model_input
from training.datasets import Faces

#: See training/README.md for what fewer and more do. Each face costs time.
FACES_PER_CLASS = 60


def calibration_inputs(
    training: Faces,
    side_px: int,
    value_range: tuple[float, float],
    per_class: int = FACES_PER_CLASS,
    seed: int = 0,
    channels: int = 1,
) -> NDArray[np.float32]:
    """Faces of Training, as many of each class, through the device's preprocessing.

    A set in the data's own proportions would hold hardly any disgust (547 of 35,887), and the ranges would
    fit the happy.

    Returns:
        (n, side_px, side_px, channels), in the value range of the network.
    """
    random = np.random.default_rng(seed)
    chosen: list[int] = []
    for index, name in enumerate(training.classes):
        rows = np.flatnonzero(training.labels == index)
        if not len(rows):
            raise DataError(f"Training holds no face of {name}; the calibration set needs every class")
        chosen.extend(random.choice(rows, min(per_class, len(rows)), replace=False))
    faces = (training.pixels[row] for row in chosen)
    return np.concatenate([to_model_input(face, side_px, value_range, channels) for face in faces])
