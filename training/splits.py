"""The splits of a data set, and the faces of one of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError
from edge.labels import EMOTIONS

#: The label of a face that belongs to none of the classes.
NO_CLASS = -1


class Split(StrEnum):
    """The values of FER2013's column Usage; train, valid and test of other data are the same three."""

    TRAINING = "Training"
    PUBLIC = "PublicTest"
    PRIVATE = "PrivateTest"


class Pictures(Protocol):
    """Faces of one size, one after another: an array, a file that is mapped into memory, or rows of one."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[NDArray[np.uint8]]: ...

    def __getitem__(self, row: Any, /) -> NDArray[np.uint8]: ...


class ChosenRows:
    """Some rows of pictures, each read only when it is asked for, so that a choice costs no memory."""

    def __init__(self, pictures: Pictures, rows: NDArray[np.intp]) -> None:
        self._pictures, self._rows = pictures, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return (self._pictures[row] for row in self._rows)

    def __getitem__(self, row: int) -> NDArray[np.uint8]:
        return self._pictures[self._rows[row]]


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """One split.

    Attributes:
        pixels: (n, side, side), 0..255.
        labels: (n,), indices into `classes`, or NO_CLASS.
        votes: (n, 10), how many raters chose each of training.votes.COLUMNS; None where the data has none.
        classes: names, in the order of the network's output.
        truth: whose the labels are: FER2013's own, or the data's.
        left_out: how many faces have a label that is none of the classes, by its name.
    """

    pixels: Pictures
    labels: NDArray[Any]
    votes: NDArray[np.uint8] | None = None
    classes: Sequence[str] = EMOTIONS
    truth: Literal["fer2013", "labels"] = "fer2013"
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.intp]) -> "Faces":
        votes = None if self.votes is None else self.votes[rows]
        return replace(self, pixels=ChosenRows(self.pixels, rows), labels=self.labels[rows], votes=votes)

    def relabel(self, classes: Sequence[str]) -> "Faces":
        """The same faces for a network of other classes, or of another order.

        Raises:
            DataError: no face is of any of the classes, by its label or by a vote.
        """
        # the last entry is that of NO_CLASS, -1
        places = [classes.index(name) if name in classes else NO_CLASS for name in self.classes]
        labels = np.array([*places, NO_CLASS], np.int16)[self.labels]
        if len(self) and self.votes is None and (labels == NO_CLASS).all():
            raise DataError(
                f"no face is {_one_of(classes)}; the data has the classes {', '.join(self.classes)}"
            )
        lost = Counter(self.classes[label] for label in self.labels[labels == NO_CLASS] if label != NO_CLASS)
        left_out = {**self.left_out, **{name: lost[name] for name in self.classes if lost[name]}}
        return replace(self, labels=labels, classes=tuple(classes), left_out=left_out)


def _one_of(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
