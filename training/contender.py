"""One network that can be measured, whatever it is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edge.records import Gray
from training.metrics import Probabilities
from training.splits import Pictures

Kind = Literal["float", "int8"]


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """One network that can be measured.

    Attributes:
        name: the model as the user named it.
        kind: "float" by Keras or LiteRT, "int8" by the device's own classifier.
        path: its file.
        classes: in the order of its output.
        side_px: of its input.
        predict: probabilities of faces (n, h, w), 0..255; (n, classes), each row adds up to 1.
        open_single: make it ready to score one face (h, w) at a time, on one thread, for timing.
        parameters, multiply_adds: how large it is; None where nothing tells.
        home: the RUN or bundle that it is of, in which looks are written down; None: a file of its own.
        timed_by: what `open_single` runs on, in words.
    """

    name: str
    kind: Kind
    path: Path
    classes: tuple[str, ...]
    side_px: int
    predict: Callable[[Pictures], Probabilities]
    open_single: Callable[[], Callable[[Gray], object]]
    parameters: int | None
    multiply_adds: int | None
    home: Path | None
    timed_by: str

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size
