"""FER2013's official splits, and the faces of one of them."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Split(StrEnum):
    """The values of FER2013's column Usage."""

    TRAINING = "Training"
    PUBLIC = "PublicTest"
    PRIVATE = "PrivateTest"


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """One split.

    Attributes:
        pixels: (n, side, side), 0..255.
        labels: (n,), indices into edge.labels.EMOTIONS.
        votes: (n, 10), how many raters chose each of training.votes.COLUMNS; None where the data has none.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    votes: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.intp]) -> "Faces":
        votes = None if self.votes is None else self.votes[rows]
        return Faces(self.pixels[rows], self.labels[rows], votes)
