"""The state of a fit between two epochs, in one file, so that it is whole or not there."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError
from edge.files import replacing

_PARTS = ("weights", "averages", "optimizer")


@dataclass(slots=True)
class FitState:
    """What a fit needs to go on as if it had never stopped.

    Attributes:
        history: a row for each epoch done.
        best: the highest figure on PublicTest so far.
        weights, averages, optimizer: the model's, the averaged ones, the optimizer's own variables,
            among them the number of steps, from which the learning rate follows.
    """

    history: list[dict[str, float]]
    best: float
    weights: list[NDArray[Any]]
    averages: list[NDArray[Any]]
    optimizer: list[NDArray[Any]]


def optimizer_values(optimizer: keras.Optimizer) -> list[NDArray[Any]]:
    return [np.asarray(keras.ops.convert_to_numpy(variable)) for variable in optimizer.variables]


def set_optimizer_values(optimizer: keras.Optimizer, values: list[NDArray[Any]]) -> None:
    for variable, value in zip(optimizer.variables, values, strict=True):
        variable.assign(value)


def write_state(path: Path, state: FitState) -> None:
    arrays = {
        f"{part}_{index:04d}": value for part in _PARTS for index, value in enumerate(getattr(state, part))
    }
    story = json.dumps({"history": state.history, "best": state.best})
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, story=np.array(story), **arrays)


def read_state(path: Path) -> FitState | None:
    """The state that a stopped fit left; None where it left none.

    Raises:
        DataError: the file is not one that a fit wrote.
    """
    if not path.is_file():
        return None
    try:
        with np.load(path) as arrays:
            story = json.loads(str(arrays["story"]))
            parts = {
                part: [arrays[name] for name in sorted(arrays.files) if name.startswith(f"{part}_")]
                for part in _PARTS
            }
        return FitState(story["history"], story["best"], **parts)
    except (OSError, ValueError, KeyError):
        raise DataError(f"{path} is broken; start the run again with --force") from None
