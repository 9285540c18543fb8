"""Action units, landmarks and a regression, made up so that what must come out is known."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.explain.regression import Regression, save_regression
from training.explain.unit_files import write_units
from training.explain.unit_table import UnitTable

UNITS = ("AU01", "AU02", "AU04", "AU06", "AU12", "AU15", "AU26")
CLASSES = ("angry", "happy", "sad", "surprise")
#: What one standard deviation more of each unit does: brow down is angry, mouth up happy, mouth down sad, brows
#: up and jaw down surprise.
_COEFFICIENTS = (
    (-0.5, -0.4, 1.9, -0.1, -0.8, 0.2, -0.3),
    (-0.4, -0.2, -0.6, 1.1, 2.4, -0.7, 0.1),
    (0.9, -0.5, 0.4, -0.6, -1.0, 1.5, -0.8),
    (1.0, 1.3, -0.9, -0.5, -0.6, -0.4, 1.8),
)
SMILE = (0.0, 0.1, 0.2, 2.1, 3.4, 0.0, 0.8)
ANGER = (0.2, 0.0, 3.2, 0.3, 0.0, 0.4, 0.6)


def regression(**record: object) -> Regression:
    return Regression(
        CLASSES, UNITS, np.array([0.6, 0.4, 0.9, 0.7, 0.8, 0.3, 0.7]),
        np.array([0.7, 0.5, 0.9, 0.8, 1.1, 0.4, 0.8]), np.array([0.1, 0.3, -0.2, -0.2]),
        np.array(_COEFFICIENTS), record={"source": "OpenFace", **record},
    )  # fmt: skip


def write_regression(folder: Path) -> Path:
    save_regression(folder / "regression.json", regression())
    return folder / "regression.json"


def landmarks(x: float, y: float, side: float) -> NDArray[np.float32]:
    """A plain face of 68 points in a square, (68, 2)."""
    turn = np.linspace(np.pi, 0, 17)
    jaw = np.stack([0.5 + 0.45 * np.cos(turn), 0.4 + 0.55 * np.sin(turn)], 1)
    brows = [(0.15 + 0.07 * i, 0.27 - 0.02 * (i % 4)) for i in range(5)]
    brows += [(0.57 + 0.07 * i, 0.23 + 0.015 * i) for i in range(5)]
    nose = [(0.5, 0.36 + 0.07 * i) for i in range(4)] + [(0.42 + 0.04 * i, 0.62) for i in range(5)]
    eyes = [_ring(centre, 0.38, 0.07, 0.03, 6) for centre in (0.32, 0.68)]
    mouth = np.concatenate([_ring(0.5, 0.77, 0.15, 0.06, 12), _ring(0.5, 0.77, 0.11, 0.03, 8)])
    points = np.concatenate([jaw, np.array(brows), np.array(nose), *eyes, mouth])
    found: NDArray[np.float32] = (points * side + (x, y)).astype(np.float32)
    return found


def _ring(x: float, y: float, width: float, height: float, count: int) -> NDArray[np.float64]:
    turn = np.pi + 2 * np.pi * np.arange(count) / count
    return np.stack([x + width * np.cos(turn), y + height * np.sin(turn)], 1)


def table(
    rows: Sequence[tuple[str, Sequence[float] | None]], places: Mapping[int, NDArray[np.float32]] | None = None
) -> UnitTable:
    """A row for each file and its intensities (None: no face was found), with landmarks of some rows."""
    nothing = [np.nan] * len(UNITS)
    points = None
    if places is not None:
        points = np.full((len(rows), 68, 2), np.nan, np.float32)
        for row, found in places.items():
            points[row] = found
    return UnitTable(
        tuple(file for file, _ in rows), np.zeros(len(rows), np.intp),
        np.array([values is not None for _, values in rows]), np.ones(len(rows), np.float32), UNITS,
        np.array([values or nothing for _, values in rows], np.float32), points, source="OpenFace",
    )  # fmt: skip


def write_table(
    path: Path,
    rows: Sequence[tuple[str, Sequence[float] | None]],
    places: Mapping[int, NDArray[np.float32]] | None = None,
) -> Path:
    write_units(path, table(rows, places))
    return path
