"""The table of action units: a row for each face, whatever measured it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class UnitTable:
    """Action units of faces. A picture in which no face was found has a row, too, so that it is counted.

    Attributes:
        files: (n,), the picture of each row as the table names it: a path, or "PublicTest/12", the 13th row of
            a split of a data set that is no folder of pictures.
        faces: (n,), which face of its picture it is, from 0.
        is_found: (n,), whether a face was found and measured.
        confidence: (n,), 0..1, as the source tells it; NaN where it does not.
        units: their numbers, as "AU01"; see training.explain.facs for their names.
        intensities: (n, units), 0..5; NaN in rows without a face.
        landmarks: (n, points, 2), x and y in pixels of the picture; NaN in rows without a face; None where the
            source has none. There are 68 points, in the order of iBUG's markup (Sagonas et al. 2013).
        labels: (n,), the class of each row; "" where there is none; None where the table has none at all.
        groups: (n,), which rows belong together, as all of one person; None where the table does not tell.
        source: what measured, such as "OpenFace" or "mediapipe 0.10.21"; "" where the table does not tell.
    """

    files: tuple[str, ...]
    faces: NDArray[np.intp]
    is_found: NDArray[np.bool_]
    confidence: NDArray[np.float32]
    units: tuple[str, ...]
    intensities: NDArray[np.float32]
    landmarks: NDArray[np.float32] | None = None
    labels: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    source: str = ""

    def __len__(self) -> int:
        return len(self.files)

    @property
    def failed(self) -> int:
        """How many rows have no face."""
        return int((~self.is_found).sum())

    def take(self, rows: Sequence[int] | NDArray[Any]) -> "UnitTable":
        """Some rows; `rows` are numbers, or a mask."""
        kept = np.arange(len(self))[np.asarray(rows)]
        return replace(
            self,
            files=tuple(self.files[row] for row in kept),
            faces=self.faces[kept],
            is_found=self.is_found[kept],
            confidence=self.confidence[kept],
            intensities=self.intensities[kept],
            landmarks=None if self.landmarks is None else self.landmarks[kept],
            labels=None if self.labels is None else tuple(self.labels[row] for row in kept),
            groups=None if self.groups is None else tuple(self.groups[row] for row in kept),
        )

    def intensities_of(self, units: Sequence[str]) -> NDArray[np.float32]:
        """Columns in the order of `units`, (n, len(units)); NaN in that of a unit which the table lacks."""
        columns = [
            self.intensities[:, self.units.index(unit)]
            if unit in self.units
            else np.full(len(self), np.nan, np.float32)
            for unit in units
        ]
        return np.stack(columns, axis=1) if columns else np.empty((len(self), 0), np.float32)

    def rows_of(self, file: str) -> NDArray[np.intp]:
        """The rows of one picture."""
        return np.array([row for row, name in enumerate(self.files) if name == file], np.intp)

    def surest_rows(self) -> dict[str, int]:
        """By picture, the row of the face that the source is surest of; of a picture without one, its row."""
        best: dict[str, int] = {}
        confidence = np.where(self.is_found, np.nan_to_num(self.confidence), -1)
        for row, file in enumerate(self.files):
            if file not in best or confidence[row] > confidence[best[file]]:
                best[file] = row
        return best
