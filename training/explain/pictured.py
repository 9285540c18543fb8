"""The faces of one picture: where they are, and which rows of a table of action units are theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError
from edge.faces.schedule import find_once
from edge.records import Box, Gray
from training.explain.unit_table import UnitTable

#: Side of a square around landmarks, which reach from the brows to the chin, by how far they reach. Haar's
#: boxes have some of the forehead, too.
_WIDER = 1.1


@dataclass(frozen=True, slots=True, eq=False)
class PicturedFace:
    """One face.

    Attributes:
        box: in pixels of the picture.
        row: in the table of action units; None where it has none for this face.
    """

    box: Box
    row: int | None


def rows_of_picture(table: UnitTable, path: Path) -> NDArray[np.intp]:
    """The rows of a picture, as the table names it: by its whole path, else its name, else that without suffix.

    Raises:
        DataError: several pictures of the table have this name.
    """
    wanted = path.resolve()
    for is_it in (
        lambda name: Path(name).resolve() == wanted,
        lambda name: Path(name).name == path.name,
        lambda name: name == path.stem,
    ):
        names = sorted({name for name in table.files if name and is_it(name)})
        if len(names) > 1:
            raise DataError(
                f"{path} may be {names[0]} or {names[1]} of the action units; expected one picture of this "
                "name: run it where the paths of the table hold"
            )
        if names:
            return table.rows_of(names[0])
    return np.empty(0, np.intp)


def faces_of(gray: Gray, table: UnitTable | None, rows: NDArray[np.intp], detect: bool) -> list[PicturedFace]:
    """The faces of a picture, largest first, each with its row.

    Args:
        gray: the picture, (H, W).
        table: of action units, if there is one.
        rows: of this picture in the table.
        detect: find faces; else the picture is one face.

    Raises:
        DataError: the table has several faces and no landmarks, so that nobody knows which is which.
    """
    measured = [int(row) for row in rows if table is not None and table.is_found[row]]
    if not detect:
        return [PicturedFace(Box(0, 0, gray.shape[1], gray.shape[0]), measured[0] if measured else None)]
    boxes = find_once(gray)
    if table is None or not measured:
        return [PicturedFace(box, None) for box in boxes]
    if table.landmarks is None:
        return _by_order(boxes, measured, table)
    return _by_place(boxes, measured, table.landmarks)


def _by_order(boxes: Sequence[Box], measured: Sequence[int], table: UnitTable) -> list[PicturedFace]:
    if len(measured) > 1:
        raise DataError(
            f"{table.files[measured[0]]} has {len(measured)} faces and the action units no landmarks to tell "
            "which is which; expected columns x_0, y_0 and so on, as OpenFace writes them with -2Dfp"
        )
    return [PicturedFace(box, measured[0] if place == 0 else None) for place, box in enumerate(boxes)]


def _by_place(
    boxes: Sequence[Box], measured: Sequence[int], landmarks: NDArray[np.float32]
) -> list[PicturedFace]:
    left = list(measured)
    found = []
    for box in boxes:
        row = next((row for row in left if _holds(box, landmarks[row])), None)
        found.append(PicturedFace(box, row))
        if row is not None:
            left.remove(row)
    # what was measured is a face, though the finder sees none
    return found + [PicturedFace(_around(landmarks[row]), row) for row in left]


def _holds(box: Box, points: NDArray[np.float32]) -> bool:
    x, y = points.mean(axis=0)
    return bool(box.x <= x < box.x + box.width and box.y <= y < box.y + box.height)


def _around(points: NDArray[np.float32]) -> Box:
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    side = _WIDER * max(right - left, bottom - top)
    x, y = (left + right - side) / 2, (top + bottom - side) / 2
    return Box(round(float(x)), round(float(y)), round(float(side)), round(float(side)))
