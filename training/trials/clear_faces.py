"""PublicTest faces of which it is known what they show, and their halves: one to choose by, one to report."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.emotion.bundle import Card
from edge.records import Gray
from training.datasets import load_splits
from training.metrics import main_truth, truths
from training.splits import Faces, Split
from training.votes import class_votes, plurality


@dataclass(frozen=True, slots=True, eq=False)
class ClearFaces:
    """Faces and what each shows.

    Attributes:
        pixels: the faces as the data has them.
        truth: (n,), the class of each.
        named_by: whose the truth is: "raters", or the data's labels.
    """

    pixels: list[Gray]
    truth: NDArray[np.intp]
    named_by: str

    def __len__(self) -> int:
        return len(self.truth)

    def half(self, which: int, seed: int, most: int | None = None) -> "ClearFaces":
        """One of two halves, 0 or 1, that share no face; at most so many of it."""
        order = np.random.default_rng(seed).permutation(len(self))
        middle = len(self) // 2
        rows = (order[middle:] if which else order[:middle])[:most]
        return ClearFaces([self.pixels[row] for row in rows], self.truth[rows], self.named_by)


def load_clear_faces(data: Path, card: Card) -> ClearFaces:
    """Those of PublicTest for which most raters saw one of the network's classes, and the same one.

    Data without votes gives all that have a label.
    """
    faces = load_splits(data, (Split.PUBLIC,), classes=card.classes, side_px=card.input.side_px)[Split.PUBLIC]
    rows, truth, named_by = _truth(faces)
    return ClearFaces([np.asarray(faces.pixels[row]) for row in rows], truth, named_by)


def _truth(faces: Faces) -> tuple[NDArray[np.intp], NDArray[np.intp], str]:
    nothing = np.zeros((len(faces), len(faces.classes)), np.float32)
    found = truths(nothing, faces)
    name = main_truth(found)
    rows, truth = found[name]
    if name == "raters":
        is_clear = plurality(class_votes(faces))[rows].sum(axis=1) == 1
        rows, truth = rows[is_clear], truth[is_clear]
    return rows, truth, name
